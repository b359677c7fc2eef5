// What `skyquant inspect` tells of a model.
public import Basics
public import JSON
public import ModelFiles

/// The summary of a model, on one screen and for programs.
public struct SummaryText {
  private static let barWidth = 24
  private let summary: ModelSummary

  /// The text of `summary`.
  public init(_ summary: ModelSummary) { self.summary = summary }

  /// For people.
  /// - Parameter width: Columns that there are; nil if nobody knows.
  public func lines(width: Int?) -> [StyledText] {
    var lines: [StyledText] = [heading, bits]
    if summary.isQuantized {
      let eight = summary.int8LinearCount
      lines.append(
        "\(summary.int4LinearCount) of \(summary.linearCount) linears of the language model in int4"
          + (eight > 0 ? ", \(eight) in int8" : ""))
    }
    if let skyq = summary.skyq {
      lines.append("content \(skyq.contentID.prefix(16))…  index ok (planes not read: run `skyquant check`)")
    }
    // Where there is no room, bars go first, then what sizes and bits say as well.
    var table = TextTable(columns: [.left, .right, .right, .left, .right, .right, .left], dispensable: [6, 2])
    table.add(["part", "tensors", "parameters", "encoding", "size", "share", ""])
    for part in summary.parts {
      let share = Double(part.byteCount) / Double(max(summary.byteCount, 1))
      table.add([
        part.part.rawValue, "\(part.tensorCount)", Quantity.text(part.parameterCount),
        part.encodings.joined(separator: ", "), ByteCount.text(part.byteCount),
        Percentage.text(share),
        String(repeating: "█", count: Int((share * Double(Self.barWidth)).rounded())),
      ])
    }
    let files = StyledText(summary.files.map(\.displayed).joined(separator: " · "))
    lines += [""] + table.styledLines(width: width) + ["", "files: \(files)"]
    if let problem = summary.fileProblem { lines.append("broken: \(problem)") }
    return lines + next
  }

  private var heading: StyledText {
    let kind = summary.skyq.map { "skyq \($0.version)" } ?? summary.kind.rawValue
    let facts = [
      summary.path.displayed, summary.architecture.displayed, kind, ByteCount.text(summary.byteCount) + " of tensors",
      "\(Quantity.text(summary.parameterCount)) parameters",
    ]
    return StyledText(facts.joined(separator: "  ·  "))
  }

  private var bits: StyledText {
    let all = summary.bitsPerWeight() ?? 0
    let language = summary.bitsPerWeight { $0 == .languageLinears } ?? 0
    let rest = summary.bitsPerWeight { $0 != .embeddings } ?? 0
    return "\(all.upTo(2)) bits per weight overall, \(rest.upTo(2)) without embeddings, "
      + "\(language.upTo(3)) in the language model's linears"
  }

  private var next: [StyledText] {
    let path = summary.path.shellPath
    let listing: StyledText = "next: \(StyledText.command("skyquant", "inspect", path, "--tensors", "layers.0"))"
    guard summary.kind != .checkpoint else { return [listing] }
    let samples = samplesHint(seesImages: summary.seesImages)
    let verifying = StyledText.command(["skyquant", "verify", path, "--reference", "DIR"] + samples)
    return [listing, "next: \(verifying)"]
  }

  /// For programs.
  public var json: JSONValue {
    var object: JSONObject = [
      "schema": "skyquant.inspect/1", "path": .string(summary.path), "kind": .string(summary.kind.rawValue),
      "architecture": .string(summary.architecture), "parameters": .integer(summary.parameterCount),
      "bytes": .integer(summary.byteCount), "bits_per_weight": .double(summary.bitsPerWeight() ?? 0),
      "bits_per_weight_without_embeddings": .double(summary.bitsPerWeight { $0 != .embeddings } ?? 0),
      "bits_per_weight_language_linears": .double(summary.bitsPerWeight { $0 == .languageLinears } ?? 0),
      "linears": .integer(summary.linearCount), "int4_linears": .integer(summary.int4LinearCount),
      "files": .array(summary.files.map(JSONValue.string)),
      "parts": .array(
        summary.parts.map { part in
          [
            "part": .string(part.part.rawValue), "tensors": .integer(part.tensorCount),
            "parameters": .integer(part.parameterCount), "bytes": .integer(part.byteCount),
            "encodings": .array(part.encodings.map(JSONValue.string)),
          ]
        }),
    ]
    if summary.int8LinearCount > 0 { object["int8_linears"] = .integer(summary.int8LinearCount) }
    if let problem = summary.fileProblem { object["broken_file"] = .string(problem) }
    if let skyq = summary.skyq {
      object["skyq_version"] = .string(skyq.version)
      object["content_id"] = .string(skyq.contentID)
    }
    return .object(object)
  }
}
