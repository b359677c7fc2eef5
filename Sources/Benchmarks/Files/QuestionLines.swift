// Our own questions, one JSON object a line, as a benchmark.
internal import JSON
public import Storage
public import Tensors

/// A JSONL file of questions: `question`, optionally `image` (a path or a list of paths) or `images`,
/// `answer`, `kind`. Other members that are strings or numbers are columns too, so that options `A`, `B`, …
/// work as in a TSV file.
///
/// Rows are known by `index`, else `id`, else the number of their line. Blank lines are passed over. An
/// answer that thinks aloud counts from behind its `</think>`. Lines of plain text (`text` without
/// `question`) are no questions, and faults.
public struct QuestionLines: BenchmarkSource {
  /// The file's name, for messages.
  public let name: String
  /// Members that any line has text in, sorted.
  public let columns: [String]
  /// SHA-256 of all bytes.
  public let digest: SHA256Digest
  /// Lines that cannot be used, in order.
  public let faults: [BenchmarkError]
  private let rows: [BenchmarkRow]
  private let paths: [[String]]

  /// Reads the lines.
  /// - Throws: `BenchmarkError.file` if there is no line at all.
  public init(_ storage: any ByteStorage, name: String) throws(BenchmarkError) {
    var reader = QuestionLineReader(name: name)
    digest = storage.withBytes { bytes in
      reader.read(bytes)
      return SHA256Hasher.hash(bytes)
    }
    guard !reader.rows.isEmpty || !reader.faults.isEmpty else { throw .file(name, .empty) }
    self.name = name
    (rows, paths, faults) = (reader.rows, reader.paths, reader.faults)
    columns = Set(reader.rows.flatMap(\.columns)).sorted()
  }

  /// Number of usable lines.
  public var rowCount: Int { rows.count }

  /// The text of a usable line.
  public func row(_ number: Int) -> BenchmarkRow { rows[number] }

  /// Paths of the line's pictures, relative to the file.
  public func pictures(_ number: Int) -> [Picture] { paths[number].map(Picture.path) }

  /// The line's paths; nil without any.
  public func pictureKey(_ number: Int) -> String? {
    paths[number].isEmpty ? nil : paths[number].joined(separator: "\n")
  }
}

private struct QuestionLineReader {
  let name: String
  private(set) var rows: [BenchmarkRow] = []
  private(set) var paths: [[String]] = []
  private(set) var faults: [BenchmarkError] = []
  private var firstRows: [String: Int] = [:]

  init(name: String) { self.name = name }

  mutating func read(_ raw: RawSpan) {
    let bytes = unsafe raw._unsafeView(as: UInt8.self)
    var start = 0, number = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      number += 1
      let line = bytes.extracting(start..<end)
      if line.indices.contains(where: { line[$0] > UInt8(ascii: " ") }) { add(line, number: number, offset: start) }
      start = end + 1
    }
  }

  private mutating func add(_ line: Span<UInt8>, number: Int, offset: Int) {
    var place = BenchmarkError.Place(file: name, row: number, offset: offset)
    do throws(BenchmarkError.RowFault) {
      let members = try members(line)
      var cells: [String: String] = [:]
      for (key, value) in members.members {
        if let text = value.stringValue ?? value.numberLiteral { cells[key] = text }
      }
      guard cells["question"] != nil else { throw .unusable(expected: "a string \"question\"", found: nil) }
      cells["answer"] = cells["answer"].map { ModelAnswer($0).finalText ?? $0 }
      let index = cells["index"] ?? cells["id"] ?? String(number)
      place.index = index
      if let first = firstRows[index] { throw .duplicateIndex(firstRow: first) }
      let images = try images(members["images"] ?? members["image"])
      firstRows[index] = number
      ["image", "images"].forEach { cells[$0] = nil }
      rows.append(BenchmarkRow(place: place, index: index, cells: cells))
      paths.append(images)
    } catch {
      faults.append(.row(place, error))
    }
  }

  private func members(_ line: Span<UInt8>) throws(BenchmarkError.RowFault) -> JSONObject {
    let value: JSONValue
    do {
      var reader = try JSONReader(line)
      value = try JSONValue(reading: &reader)
      try reader.finish()
    } catch {
      throw .notALiteral("\(error)")
    }
    guard let object = value.objectValue else { throw .unusable(expected: "an object", found: nil) }
    return object
  }

  private func images(_ value: JSONValue?) throws(BenchmarkError.RowFault) -> [String] {
    guard let value, !value.isNull else { return [] }
    if let path = value.stringValue { return [path] }
    let paths = value.arrayValue?.compactMap(\.stringValue) ?? []
    guard let list = value.arrayValue, paths.count == list.count else {
      throw .unusable(expected: "\"image\" to be a path or a list of paths", found: nil)
    }
    return paths
  }
}

extension JSONValue {
  /// A number as written.
  fileprivate var numberLiteral: String? { if case .number(let number) = self { number.literal } else { nil } }
}
