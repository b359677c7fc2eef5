// A table in VLMEvalKit's form as questions: put as the benchmark puts them, with the pictures of its cells.
internal import Basics
internal import Benchmarks
internal import ModelInputs
internal import Storage
internal import Tensors

struct QuestionTable: QuestionSource {
  let questions: [Question]
  let lines: [Int?]
  let notes: [String]
  let picturePaths: [String]
  let directory: String
  var content: (byteCount: Int, sha256: SHA256Digest) { (storage.byteCount, file.digest) }
  private let storage: MappedFile
  private let file: TSVFile
  /// Where each picture in a cell is, by the name that questions have for it.
  private let cells: [String: PictureCell]

  /// A picture of a row, both counted from 0.
  private struct PictureCell {
    let row: Int
    let number: Int
  }

  /// Columns that something is made of in tables of no benchmark that is known by name, or that only label rows.
  private static let readColumns: Set = [
    "index", "id", "pid", "image", "image_path", "question", "answer", "hint", "category", "l2-category", "kind",
    "split",
  ]

  /// Reads a table and takes its first `limit` rows that have a picture, if there is a column for it.
  /// - Throws: `StorageError`; `BenchmarkError` for the table as a whole, `QuestionError` with the line for a row.
  init(path: String, limit: Int) throws {
    let storage = try Self.storage(path)
    let file = try TSVFile(storage, name: path)
    let benchmark = Benchmark.recognized(file: path, columns: file.columns)
    do throws(BenchmarkError) {
      notes = try Self.leftOut(file, storage) + Self.unread(file, benchmark)
      let asked = try Self.asked(file, benchmark, count: min(limit, file.rowCount))
      (questions, cells) = (asked.questions, asked.cells)
      lines = Self.lines(of: asked.offsets, in: storage)
      picturePaths = try Self.paths(file)
    } catch {
      guard case .row(let place, let fault) = error else { throw error }
      let column = place.column.map { "column \"\($0.displayed)\": " } ?? ""
      let line = Self.lines(of: [place.offset], in: storage)[0]
      throw QuestionError.malformed(QuestionError.Place(file: path, line: line), column + fault.description)
    }
    guard !questions.isEmpty else {
      throw QuestionError.unreadable(file: path, "no row has a picture, though there is a column for it")
    }
    directory = path.directoryPart
    (self.storage, self.file) = (storage, file)
  }

  /// The bytes of a picture in a cell; nil for a path.
  func picture(_ name: String) throws -> [UInt8]? {
    guard let cell = cells[name], case .bytes(let bytes) = try file.pictures(cell.row)[cell.number] else { return nil }
    return bytes
  }

  /// The file `path`, unless it begins as no file of questions can.
  static func storage(_ path: String) throws -> MappedFile {
    let storage: MappedFile
    do throws(StorageError) {
      storage = try MappedFile(path: path)
    } catch {
      guard case .wrongKind = error else { throw error }
      throw QuestionError.noFile(path)
    }
    let start = storage.withBytes { bytes in
      unsafe bytes.extracting(first: 64).withUnsafeBytes { unsafe Array($0) }
    }
    try ForeignFile.refuse(start, file: path)
    return storage
  }

  // MARK: What is not read

  /// Rows without a picture are passed over, as VLMEvalKit does; any other fault of a row ends the reading.
  private static func leftOut(_ file: TSVFile, _ storage: MappedFile) throws(BenchmarkError) -> [String] {
    var offsets: [Int] = []
    for fault in file.faults {
      guard case .row(let place, .noPicture) = fault else { throw fault }
      offsets.append(place.offset)
    }
    guard let first = lines(of: offsets.prefix(1), in: storage).first else { return [] }
    let name = file.name.lastComponent.displayed
    return ["\(name): rows without a picture are left out: \(offsets.count), the first in line \(first)"]
  }

  /// Columns of which nothing is made; a benchmark that is known by name has all that it needs.
  private static func unread(_ file: TSVFile, _ benchmark: Benchmark) -> [String] {
    guard !Benchmark.all.contains(where: { $0.name == benchmark.name }) else { return [] }
    let columns = file.columns.filter { !readColumns.contains($0) && !($0.count == 1 && ("A"..."Z").contains($0)) }
    let shown = columns.prefix(8).map { "\"\($0.displayed)\"" }.joined(separator: ", ")
    return columns.isEmpty ? [] : ["\(file.name.lastComponent.displayed): nothing is made of \(shown)"]
  }

  // MARK: Questions

  private static func asked(
    _ file: TSVFile, _ benchmark: Benchmark, count: Int
  ) throws(BenchmarkError) -> (questions: [Question], offsets: [Int], cells: [String: PictureCell]) {
    var questions: [Question] = [], offsets: [Int] = [], cells: [String: PictureCell] = [:]
    var firstRows: [String: Int] = [:]
    for number in 0..<count {
      let row = try file.row(number), pictures = try file.pictures(number)
      // Rows that show the same call it the same, so that it counts as one file.
      let source = file.pictureKey(number).map { key in
        let first = firstRows[key] ?? number
        firstRows[key] = first
        return first
      }
      let sourceRow = try file.row(source ?? number).place.row
      let names = pictures.enumerated().map { place, picture in
        if case .path(let path) = picture { return path }
        let name = "row \(sourceRow)" + (pictures.count > 1 ? ", picture \(place + 1)" : "")
        cells[name] = PictureCell(row: source ?? number, number: place)
        return name
      }
      let parts = try benchmark.prompt.parts(for: row, pictures: pictures.count)
      let prompt = try PromptLayout.interleave.render(parts, of: row)
      guard parts.contains(where: \.hasWords) else {
        throw .row(row.place, .unusable(expected: "words in column \"question\"", found: nil))
      }
      questions.append(
        Question(
          images: prompt.pictures.map { names[$0] }, text: prompt.text, answer: answer(of: row, benchmark.answer),
          kind: row["category"] ?? row["kind"]))
      offsets.append(row.place.offset)
    }
    return (questions, offsets, cells)
  }

  /// What the model should say. What no rule can score is said as it is written.
  private static func answer(of row: BenchmarkRow, _ rule: AnswerRule) -> String? {
    guard case .rule(let key)? = try? rule.scoring(of: row) else { return row["answer"] }
    switch key {
    case .letter(let letter, _): return String(letter)
    case .text(let texts), .contained(let texts, _), .relaxed(let texts): return texts.first
    case .letters, .yesNo, .number, .value, .list: return row["answer"]
    }
  }

  /// Paths that rows give for pictures, if pictures are not in cells.
  private static func paths(_ file: TSVFile) throws(BenchmarkError) -> [String] {
    guard !file.columns.contains("image"), file.columns.contains("image_path") else { return [] }
    var paths: [String] = []
    for number in 0..<file.rowCount {
      for case .path(let path) in try file.pictures(number) { paths.append(path) }
    }
    return paths
  }

  /// The lines, counted from 1, in which the bytes at `offsets` stand; these must rise.
  private static func lines(of offsets: some Collection<Int>, in storage: MappedFile) -> [Int] {
    storage.withBytes { raw in
      let bytes = unsafe raw._unsafeView(as: UInt8.self)
      var line = 1, counted = 0
      return offsets.map { offset in
        for place in counted..<offset {
          let isReturn = bytes[place] == UInt8(ascii: "\r") && bytes[place + 1] != UInt8(ascii: "\n")
          if isReturn || bytes[place] == UInt8(ascii: "\n") { line += 1 }
        }
        counted = offset
        return line
      }
    }
  }
}

extension PromptPart {
  fileprivate var hasWords: Bool {
    if case .text(let text) = self { text.contains { !$0.isWhitespace } } else { false }
  }
}
