// Files that other programs wrote, and small ways to make rows.
import Benchmarks
import Foundation
import JSON
import Tensors

/// A JSON file of Resources.
func resource(_ name: String) throws -> JSONValue {
  let path = Bundle.module.bundlePath + "/Resources/" + name
  return try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))))
}

/// A TSV file in memory.
func tsv(_ text: String, options: TSVFile.Options = TSVFile.Options()) throws -> TSVFile {
  try TSVFile(ArrayStorage(Array(text.utf8)), name: "b.tsv", options: options)
}

/// A row by itself.
func row(_ cells: [String: String], index: String = "7") -> BenchmarkRow {
  let place = BenchmarkError.Place(file: "b.tsv", row: 1, index: index, offset: 0)
  return BenchmarkRow(place: place, index: index, cells: cells)
}

extension JSONValue {
  /// The members of an object of strings.
  var strings: [String: String] {
    Dictionary(
      uniqueKeysWithValues: (objectValue?.members ?? []).compactMap { key, value in
        value.stringValue.map { (key, $0) }
      })
  }
}
