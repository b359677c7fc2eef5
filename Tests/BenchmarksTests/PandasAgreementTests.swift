// TSV files as pandas reads them, literals as Python does (Scripts/golden/benchmark_tsv.py).
import Benchmarks
import JSON
import Tensors
import Testing

@Suite struct PandasAgreementTests {
  @Test func `cells are those that pandas reads, missing where it sees a missing value`() throws {
    let cases = try #require(try resource("tsv.json")["files"]?.arrayValue)
    #expect(cases.count == 169)
    for value in cases {
      let bytes = try #require(hexadecimal(value["bytes"]?.stringValue ?? ""))
      let text = String(decoding: bytes, as: UTF8.self)
      let file = try TSVFile(ArrayStorage(bytes), name: "b.tsv")
      guard let rows = value["rows"]?.arrayValue else {
        #expect(!file.faults.isEmpty, "\(text.debugDescription)")
        continue
      }
      #expect(file.faults.isEmpty, "\(text.debugDescription) \(file.faults)")
      try #require(file.rowCount == rows.count, "\(text.debugDescription)")
      for (number, expected) in rows.enumerated() {
        let row = try file.row(number)
        let cells = file.columns.map { row[$0] }
        #expect(cells == expected.arrayValue?.map(\.stringValue), "\(text.debugDescription), row \(number)")
      }
    }
  }

  @Test func `literals mean what they mean to Python, and what is none is refused`() throws {
    let cases = try #require(try resource("tsv.json")["literals"]?.arrayValue)
    #expect(cases.count == 48)
    for value in cases {
      let text = try #require(value["text"]?.stringValue)
      let parsed = try? PythonLiteral(parsing: text)
      #expect((parsed != nil) == value["valid"]?.boolValue, "\(text)")
      if let parsed, let expected = value["value"] { #expect(parsed.isSame(as: expected), "\(text): \(parsed)") }
    }
  }

  private func hexadecimal(_ text: String) -> [UInt8]? {
    let digits = Array(text)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16)
    }
    return bytes.count * 2 == digits.count ? bytes : nil
  }
}

extension PythonLiteral {
  /// Whether the JSON that stands for Python's value is this.
  fileprivate func isSame(as value: JSONValue) -> Bool {
    switch self {
    case .none: value.isNull
    case .bool(let flag): value.boolValue == flag
    case .number(let text): value["number"]?.doubleValue == Double(text)
    case .string(let text): value.stringValue.map { Array($0.utf8) == Array(text.utf8) } ?? false
    case .list(let elements):
      value.arrayValue.map { $0.count == elements.count && zip(elements, $0).allSatisfy { $0.isSame(as: $1) } } ?? false
    case .dictionary(let entries):
      value["entries"]?.arrayValue.map { pairs in
        pairs.count == entries.count
          && zip(entries, pairs).allSatisfy { entry, pair in
            guard let both = pair.arrayValue, both.count == 2 else { return false }
            return entry.key.isSame(as: both[0]) && entry.value.isSame(as: both[1])
          }
      } ?? false
    }
  }
}
