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

  private var rows: [Row]

  init(_ file: ModelFile) {
    rows = file.tensors.map { Row(name: $0.name, encoding: $0.encodingName, shape: $0.shape, byteCount: $0.byteCount) }
  }

  init(shard: SafetensorsFile) {
    rows = shard.tensors.map {
      Row(name: $0.name, encoding: $0.dtype.rawValue, shape: $0.shape, byteCount: $0.byteCount)
    }
  }

  /// The tensors whose name matches.
  func matching(_ pattern: NamePattern) -> TensorTable {
    var table = self
    table.rows = rows.filter { pattern.matches($0.name) }
    return table
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
