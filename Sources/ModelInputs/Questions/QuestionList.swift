// A questions file: one JSON object a line, or a JSON array of them.
internal import Basics
internal import JSON

/// The questions of a file.
public struct QuestionList: Sendable, Equatable {
  public private(set) var questions: [Question] = []
  /// The line that each of them begins in, counted from 1.
  public private(set) var lines: [Int] = []
  /// What of the file nothing was made of, one line each, by the file's own name.
  public private(set) var notes: [String] = []

  /// Questions that come from no file.
  public init(_ questions: [Question]) {
    self.questions = questions
    lines = questions.map { _ in 0 }
  }

  /// Reads a file: a JSON object a line, or an array of objects; each of a shape of `QuestionShape`. A byte order mark is
  /// skipped, and so are empty lines.
  /// - Throws: `QuestionError` with the line's number.
  public init(parsing bytes: [UInt8], file: String) throws(QuestionError) {
    try Self.requireText(bytes, file)
    let start = bytes.starts(with: Self.mark) ? Self.mark.count : 0
    var unknown: [String] = []
    for (record, line) in try Self.records(bytes[start...], file) {
      let place = QuestionError.Place(file: file, line: line)
      do throws(RecordFault) {
        let shape = try QuestionShape.of(record)
        let question = try shape.read(record), unread = shape.unknownKeys(of: record)
        try record.requireNoPicture(under: unread)
        questions.append(question)
        lines.append(line)
        for key in unread where !unknown.contains(key) { unknown.append(key) }
      } catch {
        throw .malformed(place, error.text)
      }
    }
    guard !questions.isEmpty else { throw .empty(file: file) }
    if !unknown.isEmpty {
      let name = file.split(separator: "/").last.map(String.init) ?? file
      let keys = unknown.prefix(8).map { "\"\($0.displayed)\"" }.joined(separator: ", ")
      notes.append(
        "\(name.displayed): nothing is made of \(keys); read are \"question\", \"answer\", \"image\", \"kind\"")
    }
  }

  /// UTF-8's byte order mark.
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The records, and the line that each begins in.
  private static func records(_ bytes: ArraySlice<UInt8>, _ file: String) throws(QuestionError) -> [(Record, Int)] {
    let first = bytes.first { $0 > UInt8(ascii: " ") }
    return first == UInt8(ascii: "[") && !isRecord(firstLineOf: bytes) ? try array(bytes, file) : try lines(bytes, file)
  }

  /// Whether the first line is a whole JSON value, as in a file of one a line.
  private static func isRecord(firstLineOf bytes: ArraySlice<UInt8>) -> Bool {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), bytes[end...].contains(where: { $0 > UInt8(ascii: " ") })
    else { return false }
    return (try? JSONValue(parsing: bytes[..<end])) != nil
  }

  private static func lines(_ bytes: ArraySlice<UInt8>, _ file: String) throws(QuestionError) -> [(Record, Int)] {
    var records: [(Record, Int)] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { continue }
      let place = QuestionError.Place(file: file, line: index + 1)
      let value: JSONValue
      do {
        value = try JSONValue(parsing: line)
      } catch {
        throw .malformed(place, "\(error)" + advice(line))
      }
      records.append((try record(value, place), index + 1))
    }
    return records
  }

  /// What a line that is no JSON probably is.
  private static func advice(_ line: ArraySlice<UInt8>) -> String {
    if line.contains(UInt8(ascii: "\t")) {
      return
        "; the file looks like a table: end its name in .tsv, or write one JSON object per line, {\"question\": …}"
    }
    let text = line.filter { $0 > UInt8(ascii: " ") }
    return text == [UInt8(ascii: "{")]
      ? "; an object may not go over several lines: one on each line, or all in an array" : ""
  }

  private static func array(_ bytes: ArraySlice<UInt8>, _ file: String) throws(QuestionError) -> [(Record, Int)] {
    var values: [(JSONValue, Int)] = [], counted = bytes.startIndex, line = 1
    /// The line of a byte; they come in order.
    func lineOf(_ offset: Int) -> Int {
      let place = min(bytes.startIndex + offset, bytes.endIndex)
      line += bytes[counted..<place].count { $0 == UInt8(ascii: "\n") }
      counted = place
      return line
    }
    do throws(JSONError) {
      var reader = try JSONReader(bytes.span)
      try reader.beginArray()
      while try reader.nextElement() {
        _ = try reader.peekKind()
        let line = lineOf(reader.offset)
        values.append((try JSONValue(reading: &reader), line))
      }
      try reader.finish()
    } catch {
      throw .malformed(QuestionError.Place(file: file, line: line), "\(error)")
    }
    var records: [(Record, Int)] = []
    for (value, line) in values {
      records.append((try record(value, QuestionError.Place(file: file, line: line)), line))
    }
    return records
  }

  private static func record(_ value: JSONValue, _ place: QuestionError.Place) throws(QuestionError) -> Record {
    guard let object = value.objectValue else { throw .malformed(place, "expected an object") }
    return Record(object: object)
  }

  /// Names what is no UTF-8.
  private static func requireText(_ bytes: [UInt8], _ file: String) throws(QuestionError) {
    try ForeignFile.refuse(bytes, file: file)
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    var line = 1
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      guard String(validating: part, as: UTF8.self) != nil else {
        throw .malformed(
          QuestionError.Place(file: file, line: line),
          "is not UTF-8, Latin-1 perhaps; convert the file: iconv -f latin1 -t utf8")
      }
      line += 1
    }
  }
}

extension Question {
  /// The questions of a file; see `QuestionList`.
  /// - Throws: `QuestionError` with the line's number.
  public static func parse(_ bytes: [UInt8], file: String) throws(QuestionError) -> [Question] {
    try QuestionList(parsing: bytes, file: file).questions
  }
}
