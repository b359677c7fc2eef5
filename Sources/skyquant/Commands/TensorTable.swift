// Tensors by name, encoding, shape and size.
import JSON
import ModelFiles
import Safetensors
import Tensors

struct TensorTable {
  private struct Row {
    let name: String
    let encoding: String
    let shape: Shape
    let byteCount: Int
  }

  private let rows: [Row]

  /// The tensors of a model whose name matches; all without a pattern.
  init(_ file: ModelFile, matching pattern: NamePattern?) {
    rows = file.tensors.lazy.filter { pattern?.matches($0.name) ?? true }.map {
      Row(name: $0.name, encoding: $0.encodingName, shape: $0.shape, byteCount: $0.byteCount)
    }
  }

  /// Those of one safetensors file, which may have a million.
  init(shard: SafetensorsFile, matching pattern: NamePattern?) {
    rows = shard.header.entries.lazy.map(\.info).filter { pattern?.matches($0.name) ?? true }.map {
      Row(name: $0.name, encoding: $0.dtype.rawValue, shape: $0.shape, byteCount: $0.byteCount)
    }
  }

  var text: String {
    var table = TextTable(columns: [.left, .left, .left, .right])
    table.add(["tensor", "encoding", "shape", "bytes"])
    for row in rows { table.add([row.name.displayed, row.encoding, "\(row.shape)", "\(row.byteCount)"]) }
    let bytes = rows.reduce(0) { $0 + $1.byteCount }
    return table.text + "\n\(rows.count) tensors, \(ByteCount.text(bytes))\n"
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
