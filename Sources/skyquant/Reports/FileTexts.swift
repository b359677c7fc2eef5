// What commands on files tell: those that list tensors, check, pack, import and export.
import Basics
import GGUFExport
import JSON
import ModelFiles
import Reports
import Safetensors
import Skyq
import Tensors
import Workflows

/// Tensors by name, encoding, shape and size, for `inspect`.
struct TensorTable {
  private struct Row {
    let name: String
    let encoding: String
    let shape: Shape
    let byteCount: Int
  }

  private let rows: [Row]

  /// The tensors of `file` whose name matches; all without a pattern.
  init(_ file: ModelListing, matching pattern: NamePattern?) {
    rows = file.weights.tensors.compactMap { tensor in
      guard pattern?.matches(tensor.name) ?? true else { return nil }
      return Row(
        name: tensor.name, encoding: tensor.encodingName, shape: tensor.shape, byteCount: tensor.byteCount)
    }
  }

  /// The tensors of `shard` whose name matches; all without a pattern.
  init(shard: SafetensorsFile, matching pattern: NamePattern?) {
    rows = shard.header.entries.compactMap { entry in
      let info = entry.info
      guard pattern?.matches(info.name) ?? true else { return nil }
      return Row(name: info.name, encoding: info.dtype.rawValue, shape: info.shape, byteCount: info.byteCount)
    }
  }

  /// A line for each tensor, and one for all; sizes are left out where there is no room, since shapes tell them.
  func lines(width: Int?) -> [StyledText] {
    var table = TextTable(columns: [.left, .left, .left, .right], dispensable: [3])
    table.add(["tensor", "encoding", "shape", "bytes"])
    for row in rows { table.add([row.name.displayed, row.encoding, "\(row.shape)", "\(row.byteCount)"]) }
    let bytes = rows.reduce(0) { $0 + $1.byteCount }
    return table.styledLines(width: width) + ["", "\(rows.count) tensors, \(ByteCount.text(bytes))"]
  }

  var json: JSONValue {
    [
      "schema": "skyquant.tensors/1",
      "tensors": .array(
        rows.map { row in
          [
            "name": .string(row.name), "encoding": .string(row.encoding),
            "shape": .array(row.shape.dimensions.map(JSONValue.integer)), "bytes": .integer(row.byteCount),
          ]
        }),
    ]
  }
}

extension IntegrityCheck.Result {
  /// The result of `check` for programs.
  func json(_ check: IntegrityCheck) -> JSONValue {
    var json: JSONObject = [
      "schema": "skyquant.check/1", "file": .string(check.path), "level": check.isFull ? "full" : "quick",
      "parts": .integer(parts), "bytes": .integer(byteCount), "intact": .bool(problems.isEmpty),
      "problems": .array(problems.map(JSONValue.string)),
    ]
    if !digests.isEmpty { json["digests"] = .array(digests.map(\.json)) }
    return .object(json)
  }

  /// Digests, a line for each problem, and one for the whole.
  func lines(_ check: IntegrityCheck, seconds: Double) -> [StyledText] {
    let speed = ByteCount.text(Int(min(Double(byteCount) / max(seconds, 1e-6), 1e15)))
    let read = byteCount == 0 ? "headers only" : "\(ByteCount.text(byteCount)) read, \(speed)/s"
    let verdict: StyledText = problems.isEmpty ? "\("intact", .good)" : "\("\(problems.count) damaged", .bad)"
    return digests.map { StyledText("\($0.sha256)  \($0.name.displayed)", .verbatim) } + problems.map { StyledText($0) }
      + ["\(check.path.displayed): \(verdict), \(parts) parts, \(read)"]
  }
}

extension PackingOptions {
  /// Prints what `pack` and `import` have written.
  func print(_ header: SkyqHeader, _ carried: CarriedText, schema: String, proof: [StyledText] = []) throws {
    let report: JSONValue = [
      "schema": .string(schema), "file": .string(out), "bytes": .integer(header.fileSize),
      "content_id": .string(header.contentID),
    ]
    let written: [StyledText] = [
      "wrote \(out.displayed): \(ByteCount.text(header.fileSize))", "content \(header.contentID)",
    ]
    let next: StyledText = "next: \(StyledText.command("skyquant", "inspect", out.shellPath))"
    try output.print(carried.added(to: report), styled: written + proof + carried.lines + [next])
  }
}

extension Extraction {
  /// The files in a model, or those taken out, for programs.
  func json(_ files: [(name: String, byteCount: Int)]) -> JSONValue {
    listing("files", files.map { ["name": .string($0.name), "bytes": .integer($0.byteCount)] })
  }

  /// The same for people, a line for each.
  func lines(_ files: [(name: String, byteCount: Int)]) -> [String] {
    var table = TextTable(columns: [.left, .right])
    for file in files { table.add([file.name.displayed, ByteCount.text(file.byteCount)]) }
    return table.lines
  }

  /// The tensors taken out, for programs.
  func json(_ tensors: [StoredTensor]) -> JSONValue {
    listing("tensors", tensors.map { ["name": .string($0.name), "encoding": .string($0.encodingName)] })
  }

  /// The same for people, a line for each.
  func lines(_ tensors: [StoredTensor]) -> [String] {
    tensors.map { "\($0.name.displayed)  \($0.encodingName) \($0.shape)" }
  }

  private func listing(_ key: String, _ entries: [JSONValue]) -> JSONValue {
    var object: JSONObject = ["schema": "skyquant.extract/1", "file": .string(model)]
    object[key] = .array(entries)
    return .object(object)
  }
}

extension ExportRun.Result {
  /// What `export` has written, for programs.
  func json(_ run: ExportRun) -> JSONValue {
    var result: JSONObject = [
      "schema": "skyquant.export/1", "output": .string(run.output), "format": .string("\(run.layout)"),
      "tensors": .integer(tensorCount),
    ]
    if let widening {
      result["intermediate_size"] = widening.json
    }
    if let requantization {
      result["requantized"] = [
        "linears": .integer(requantization.linearCount), "relative_error": .double(requantization.relativeError),
        "worst": .string(requantization.worst), "largest_relative_error": .double(requantization.largestError),
        "linears_in_16_bit": .integer(requantization.halfCount),
      ]
    }
    if let gguf {
      for (key, value) in gguf.json(run.gguf).members { result[key] = value }
    }
    return .object(result)
  }

  /// The same for people, and what has no place in the output.
  func lines(_ run: ExportRun) -> [String] {
    let written = "wrote \(run.output.displayed): \(tensorCount) tensors"
    guard let gguf else {
      return ["\(written), \(run.layout)"] + WidenedMLP.lines(widening, devices: run.devices) + requantizedLines(run)
    }
    return ["\(written), \(ByteCount.text(gguf.byteCount))"] + gguf.lines(run.gguf)
  }

  private func requantizedLines(_ run: ExportRun) -> [String] {
    guard let requantization else {
      return run.requantizes ? ["nothing had to be rounded once more"] : []
    }
    let rounded =
      "rounded once more: \(requantization.linearCount) linears, whose weights are off by "
      + "\(Percentage.text(requantization.relativeError, decimals: 2)), \(requantization.worst.displayed) by "
      + Percentage.text(requantization.largestError, decimals: 2)
    let half = "stored in 16 bit: \(requantization.halfCount) linears outside the decoder's layers"
    return (requantization.linearCount > 0 ? [rounded] : []) + (requantization.halfCount > 0 ? [half] : [])
  }
}
