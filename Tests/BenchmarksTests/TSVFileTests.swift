// TSV files: pictures, references, and everything that can be wrong with a row.
import Benchmarks
import Storage
import Synchronization
import Tensors
import Testing

/// Base64 of a file that is longer than a reference.
private let picture = String(repeating: "QUJD", count: 20)
private let pictureBytes = [UInt8](String(repeating: "ABC", count: 20).utf8)

@Suite struct TSVFileTests {
  // MARK: Pictures

  @Test(arguments: [
    (picture, 1), ("[\(quoted: picture), \(quoted: picture)]", 2), ("['\(picture)']", 1), (" \(picture)\n", 1),
    (picture.prefix(40) + "\r\n " + picture.dropFirst(40), 1), ("('\(picture)')", 0),
  ])
  func `a picture cell is base64, or a list of it in either syntax`(cell: String, count: Int) throws {
    let file = try tsv("index\timage\tquestion\n1\t\"\(cell.replacing("\"", with: "\"\""))\"\tq\n")
    #expect(file.faults.isEmpty)
    if count > 0 {
      #expect(try file.pictures(0) == Array(repeating: .bytes(pictureBytes), count: count))
    } else {
      #expect(throws: BenchmarkError.self) { try file.pictures(0) }
    }
  }

  @Test func `a short picture cell is another row's index, also of a later row`() throws {
    let file = try tsv("index\tquestion\timage\n5\tq\t7\n7\tq\t\(picture)\n9\tq\t7\n")
    #expect(file.faults.isEmpty)
    for number in 0..<3 { #expect(try file.pictures(number) == [.bytes(pictureBytes)]) }
    #expect(Set((0..<3).map { file.pictureKey($0) }).count == 1)
  }

  @Test func `rows with equal pictures have equal keys, others not`() throws {
    let other = picture.dropLast(4) + "REVG"
    let file = try tsv("index\tquestion\timage\n1\tq\t\(picture)\n2\tq\t\(other)\n3\tq\t\(picture)\n")
    #expect(file.pictureKey(0) == file.pictureKey(2) && file.pictureKey(0) != file.pictureKey(1))
  }

  @Test func `without a picture column, paths say where pictures are`() throws {
    let file = try tsv("index\tquestion\timage_path\n1\tq\ta.png\n2\tq\t['b.png', 'c.png']\n3\tq\t\n")
    #expect(try file.pictures(0) == [.path("a.png")])
    #expect(try file.pictures(1) == [.path("b.png"), .path("c.png")])
    #expect(
      file.faults.map(\.description) == [
        "b.tsv: row 3 (index 3), column \"image_path\", offset 59: no picture; the question is not asked"
      ])
  }

  @Test func `without either column a row has no pictures and is asked all the same`() throws {
    let file = try tsv("index\tquestion\n1\tq\n")
    #expect(try file.rowCount == 1 && file.pictures(0).isEmpty && file.pictureKey(0) == nil)
  }

  // MARK: Faults of rows

  @Test(arguments: [
    ("1\tq\n", "row 1, offset 21: 2 cells, expected 3; the row is damaged or cut"),
    ("1\tq\t\(picture)\tx\n", "row 1, offset 21: 4 cells, expected 3; the row is damaged or cut"),
    (
      "1\tq\t\"\(picture.dropLast(3))", "row 1, offset 21: the file ends inside a quoted cell; it was cut, get it again"
    ),
    ("\tq\t\(picture)\n", "row 1, column \"index\", offset 21: no index; give every row its own"),
    ("1\tq\t\n", "row 1 (index 1), column \"image\", offset 21: no picture; the question is not asked"),
    ("1\tq\tnan\n", "row 1 (index 1), column \"image\", offset 21: no picture; the question is not asked"),
    (
      "1\tq\t2\n",
      "row 1 (index 1), column \"image\", offset 21: refers to the picture of \"2\", which has no picture of its own in this file"
    ),
  ])
  func `an unusable row is named, and the others are usable`(line: String, message: String) throws {
    let good = "index\tquestion\timage\n"
    let file = try tsv(good + line)
    #expect(file.faults.map(\.description) == ["b.tsv: " + message])
    #expect(file.rowCount == 0)
    if line.hasSuffix("\n") {
      let longer = try tsv(good + line + "8\tq\t\(picture)\n")
      #expect(longer.faults == file.faults && longer.rowCount == 1)
    }
  }

  @Test func `the second of two rows with one index is unusable, and so is a reference to a reference`() throws {
    let file = try tsv("index\tquestion\timage\n1\tq\t\(picture)\n1\tr\t\(picture)\n2\ts\t1\n3\tt\t2\n")
    #expect(file.rowCount == 2)
    #expect(
      file.faults.map(\.description) == [
        "b.tsv: row 2 (index 1), column \"index\", offset 106: row 1 has the same index; give every row its own",
        "b.tsv: row 4 (index 3), column \"image\", offset 197: refers to the picture of \"2\", which has no picture of its own in "
          + "this file",
      ])
  }

  @Test(arguments: [
    (String(picture.dropLast(1)), "base64 ends in the middle of a group; the picture was cut, get the file again"),
    (picture + "?AAA", "not base64: unexpected byte at 80 of the cell"),
    (picture + "QQ==QQ==", "not base64: unexpected byte at 84 of the cell"),
    (picture + "Q===", "not base64: unexpected byte at 81 of the cell"),
    ("['\(picture)", "not base64: unexpected byte at 0 of the cell"),
    ("['\(picture)', 3.5x]", "expected a list in Python's or JSON's syntax: expected a number at byte 85 of the cell"),
    ("['\(picture)', ['a']]", "expected a list in Python's or JSON's syntax: expected a list of strings"),
  ])
  func `a picture that is none is named when it is asked for`(cell: String, message: String) throws {
    let file = try tsv("index\tquestion\timage\n1\tq\t\(cell)\n")
    #expect(file.rowCount == 1)
    let error = #expect(throws: BenchmarkError.self) { try file.pictures(0) }
    #expect(error?.description == "b.tsv: row 1 (index 1), column \"image\", offset 21: " + message)
  }

  @Test func `a cell that is not UTF-8 is named with its column`() throws {
    let bytes = Array("index\tquestion\n1\t".utf8) + [0xFF, 0x0A]
    let file = try TSVFile(ArrayStorage(bytes), name: "b.tsv")
    let error = #expect(throws: BenchmarkError.self) { try file.row(0) }
    #expect(error?.description == "b.tsv: row 1 (index 1), column \"question\", offset 15: not UTF-8")
  }

  @Test func `names from a file cannot act on a terminal`() throws {
    let file = try tsv("index\tquestion\timage\n\u{1B}[2J\tq\tx\n")
    let message = file.faults.map(\.description).joined()
    #expect(!message.unicodeScalars.contains { $0.value < 0x20 } && message.contains("\\u{1b}"))
  }

  // MARK: Faults of files

  @Test(arguments: [
    ("", "b.tsv: holds no rows; expected a header line and one line a question"),
    (" \n\r\n", "b.tsv: holds no rows; expected a header line and one line a question"),
    ("index\tquestion\n", "b.tsv: holds no rows; expected a header line and one line a question"),
    ("index\tquestion\tA\tA\n1\tq\tx\ty\n", "b.tsv: two columns are called \"A\"; rename one"),
    ("index\ttext\n1\tq\n", "b.tsv: unknown column set, expected \"question\"; found: index, text"),
    ("index,question\n1,q\n", "b.tsv: unknown column set, expected \"question\"; found: index,question"),
  ])
  func `a file that cannot be used is refused in one line`(text: String, message: String) {
    let error = #expect(throws: BenchmarkError.self) { try tsv(text) }
    #expect(error?.description == message)
  }

  @Test func `limits are kept`() throws {
    var options = TSVFile.Options()
    (options.rowLimit, options.columnLimit, options.textLimit, options.pictureLimit) = (2, 3, 4, 90)
    let two = "index\tquestion\timage\n1\tlong text\t\(picture)\n2\tq\t\(picture)QUJDQUJDQUJD\n"
    let file = try tsv(two, options: options)
    #expect(throws: BenchmarkError.self) { try file.row(0) }
    #expect(try file.pictures(0) == [.bytes(pictureBytes)])
    let error = #expect(throws: BenchmarkError.self) { try file.pictures(1) }
    #expect(error?.description.hasSuffix("a cell of 92 bytes, the limit is 90") == true)
    #expect(throws: BenchmarkError.file("b.tsv", .tooManyRows(limit: 2))) {
      try tsv(two + "3\tq\t1\n", options: options)
    }
    #expect(throws: BenchmarkError.file("b.tsv", .tooManyColumns(limit: 3))) {
      try tsv("index\tquestion\tA\tB\n1\tq\ta\tb\n", options: options)
    }
  }

  // MARK: The rest

  @Test func `options that are a word for missing vanish, are counted, and can be kept`() throws {
    let text = "index\tquestion\thint\tA\tB\tC\n1\tNone\tN/A\tNone\t\"null\"\tnone\n"
    let file = try tsv(text)
    #expect(file.missingWordCount == 3)
    #expect(try file.row(0).columns == ["C", "index"])
    var options = TSVFile.Options()
    options.keepsMissingWords = true
    let kept = try tsv(text, options: options).row(0)
    #expect(kept.options.map(\.text) == ["None", "null", "none"] && kept["hint"] == "N/A" && kept["question"] == nil)
  }

  @Test func `options may have gaps`() throws {
    let row = try tsv("index\tquestion\tA\tB\tC\tAB\n1\tq\tx\t\tz\ty\n").row(0)
    #expect(row.options == [AnswerOption(letter: "A", text: "x"), AnswerOption(letter: "C", text: "z")])
  }

  @Test func `rows without an index column go by id, or by their number`() throws {
    #expect(try tsv("id\tquestion\nx\tq\n").row(0).index == "x")
    #expect(try tsv("question\n\"q\"\nr\n").row(1).index == "2")
  }

  @Test func `the digest is that of the file, and memory is given back on the way`() throws {
    let large = (0..<6).map { "\($0)\tq\t" + String(repeating: "QUJD", count: 1 << 18) + "\n" }.joined()
    let storage = CountingStorage(Array(("index\tquestion\timage\n" + large).utf8))
    let file = try TSVFile(storage, name: "b.tsv")
    #expect(file.digest == SHA256Hasher.hash(storage.bytes))
    #expect(storage.released == 6)
    #expect(try file.pictures(5) == [.bytes(Array(repeating: [0x41, 0x42, 0x43], count: 1 << 18).flatMap { $0 })])
  }
}

/// Counts how often memory is given back.
private final class CountingStorage: ByteStorage {
  let bytes: [UInt8]
  private let storage: ArrayStorage
  private let releases = Mutex(0)

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    storage = ArrayStorage(bytes)
  }

  var byteCount: Int { bytes.count }
  var released: Int { releases.withLock { $0 } }

  func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
    try storage.withBytes(body)
  }

  func release(_ range: Range<Int>) { releases.withLock { $0 += 1 } }
}

extension DefaultStringInterpolation {
  fileprivate mutating func appendInterpolation(quoted text: String) { appendInterpolation("\"\(text)\"") }
}
