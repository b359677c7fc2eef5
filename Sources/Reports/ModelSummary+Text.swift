// What `skyquant inspect` tells of a model.
internal import Basics
public import JSON
public import ModelFiles

/// The summary of a model, on one screen and for programs.
public struct SummaryText {
  private static let barWidth = 24
  private let summary: ModelSummary

  /// The text of `summary`.
  public init(_ summary: ModelSummary) { self.summary = summary }

  /// For people.
  public var lines: [String] {
    var lines = [heading, bits]
    if summary.isQuantized {
      lines.append("\(summary.int4LinearCount) of \(summary.linearCount) linears of the language model in int4")
    }
    if let skyq = summary.skyq {
      lines.append("content \(skyq.contentID.prefix(16))…  index ok (planes not read: run `skyquant check`)")
    }
    var table = TextTable(columns: [.left, .right, .right, .left, .right, .right, .left])
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
    lines += [""] + table.lines + ["", "files: " + summary.files.map(\.displayed).joined(separator: " · ")]
    if let problem = summary.fileProblem { lines.append("broken: " + problem) }
    return lines + [next]
  }

  private var heading: String {
    let kind = summary.skyq.map { "skyq \($0.version)" } ?? summary.kind.rawValue
    return [
      summary.path.displayed, summary.architecture.displayed, kind, ByteCount.text(summary.byteCount),
      "\(Quantity.text(summary.parameterCount)) parameters",
    ].joined(separator: "  ·  ")
  }

  private var bits: String {
    let all = summary.bitsPerWeight() ?? 0
    let language = summary.bitsPerWeight { $0 == .languageLinears } ?? 0
    let rest = summary.bitsPerWeight { $0 != .embeddings } ?? 0
    return "\(all.upTo(2)) bits per weight overall, \(rest.upTo(2)) without embeddings, "
      + "\(language.upTo(3)) in the language model's linears"
  }

  private var next: String {
    let path = summary.path.displayed, samples = samplesHint(seesImages: summary.seesImages)
    return "next: skyquant inspect \(path) --tensors 'layers.0'   ·   --json"
      + (summary.kind == .checkpoint ? "" : "   ·   skyquant verify \(path) --reference DIR \(samples)")
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
    if let problem = summary.fileProblem { object["broken_file"] = .string(problem) }
    if let skyq = summary.skyq {
      object["skyq_version"] = .string(skyq.version)
      object["content_id"] = .string(skyq.contentID)
    }
    return .object(object)
  }
}
