// Tensors by name, encoding, shape and size.
import Basics
import JSON
import ModelFiles
import Safetensors
import Tensors
import Workflows

struct TensorTable {
  private struct Row {
    let name: String
    let encoding: String
    let shape: Shape
    let byteCount: Int
  }

  private let rows: [Row]

  /// The tensors of `file` whose name matches; all without a pattern.
  init(_ file: ModelFile, matching pattern: NamePattern?) {
    rows = file.tensors.compactMap { tensor in
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

  var lines: [String] {
    var table = TextTable(columns: [.left, .left, .left, .right])
    table.add(["tensor", "encoding", "shape", "bytes"])
    for row in rows { table.add([row.name.displayed, row.encoding, "\(row.shape)", "\(row.byteCount)"]) }
    let bytes = rows.reduce(0) { $0 + $1.byteCount }
    return table.lines + ["", "\(rows.count) tensors, \(ByteCount.text(bytes))"]
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
