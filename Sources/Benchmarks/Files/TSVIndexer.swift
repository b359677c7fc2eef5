// The first pass over a TSV file: where rows are, which picture each shows, and which rows are unusable.
internal import Storage
internal import Tensors

/// What is kept of a row.
struct TSVRowEntry: Sendable {
  /// Counted from 1 behind the header.
  let number: Int
  /// Of the row's first byte.
  let offset: Int
  let index: String
  let picture: PictureLocation

  /// Where a row's picture is.
  enum PictureLocation: Sendable, Equatable {
    case none
    /// In the row itself; the digest of the cell as it is written.
    case own(SHA256Digest)
    /// In the row with this index.
    case reference(String)
  }
}

struct TSVIndexer {
  private(set) var columns: [String] = []
  private(set) var digest = SHA256Digest()
  private(set) var missingWordCount = 0
  private let name: String
  private let options: TSVFile.Options
  private var entries: [TSVRowEntry] = []
  private var faults: [(row: Int, fault: BenchmarkError)] = []
  /// First row of each index.
  private var firstRows: [String: Int] = [:]
  private var indexColumn: Int?
  private var pictureColumn: Int?

  init(name: String, options: TSVFile.Options) {
    self.name = name
    self.options = options
  }

  mutating func index(_ raw: RawSpan, storage: any ByteStorage) throws(BenchmarkError) {
    let bytes = unsafe raw._unsafeView(as: UInt8.self)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let start = bytes.count >= 3 && (0..<3).allSatisfy { bytes[$0] == mark[$0] } ? 3 : 0
    var reader = TSVRecordReader(bytes, from: start)
    var hasher = SHA256Hasher()
    var hashed = 0, row = 0, count = 0
    var cells: [TSVCell] = []
    try readHeader(&reader)
    while reader.skipBlankLines() {
      row += 1
      guard row <= options.rowLimit else { throw .file(name, .tooManyRows(limit: options.rowLimit)) }
      let offset = reader.offset
      let end = reader.readRecord(into: &cells, limit: columns.count, count: &count)
      add(cells, count: count, end: end, row: row, offset: offset, reader, raw)
      hasher.update(raw.extracting(hashed..<reader.offset))
      storage.releaseLarge(hashed..<reader.offset)
      hashed = reader.offset
    }
    hasher.update(raw.extracting(hashed..<raw.byteCount))
    digest = hasher.finalize()
    guard row > 0 else { throw .file(name, .empty) }
  }

  /// Rows without those whose picture is nowhere, and the position of each index among them.
  mutating func usableRows() -> ([TSVRowEntry], [String: Int]) {
    let hasOwnPicture = Set(entries.filter { if case .own = $0.picture { true } else { false } }.map(\.index))
    let usable = entries.filter { entry in
      guard case .reference(let index) = entry.picture, !hasOwnPicture.contains(index) else { return true }
      fail(entry.number, entry.index, TSVFile.pictureColumn, entry.offset, .danglingReference(index))
      return false
    }
    return (usable, Dictionary(uniqueKeysWithValues: usable.enumerated().map { ($1.index, $0) }))
  }

  var sortedFaults: [BenchmarkError] { faults.sorted { $0.row < $1.row }.map(\.fault) }

  // MARK: Header

  private mutating func readHeader(_ reader: inout TSVRecordReader) throws(BenchmarkError) {
    guard reader.skipBlankLines() else { throw .file(name, .empty) }
    var cells: [TSVCell] = [], count = 0
    let end = reader.readRecord(into: &cells, limit: options.columnLimit, count: &count)
    guard end != .insideQuotes else { throw .file(name, .empty) }
    guard count <= options.columnLimit else { throw .file(name, .tooManyColumns(limit: options.columnLimit)) }
    for (number, cell) in cells.enumerated() {
      guard let column = String(validating: reader.unquoted(cell), as: UTF8.self) else {
        throw .file(name, .columnNotUTF8(number: number + 1))
      }
      guard !columns.contains(column) else { throw .file(name, .duplicateColumn(column)) }
      columns.append(column)
    }
    guard options.holdsAnswers || columns.contains("question") || columns.contains(TSVFile.pictureColumn) else {
      throw .file(name, .noQuestions(columns: columns))
    }
    indexColumn = ["index", "id", "pid"].lazy.compactMap { [columns] in columns.firstIndex(of: $0) }.first
    pictureColumn = columns.firstIndex(of: TSVFile.pictureColumn)
  }

  // MARK: Rows

  private mutating func add(
    _ cells: [TSVCell], count: Int, end: TSVRecordReader.End, row: Int, offset: Int,
    _ reader: borrowing TSVRecordReader, _ raw: RawSpan
  ) {
    guard end != .insideQuotes else { return fail(row, nil, nil, offset, .unterminatedQuote) }
    guard count == columns.count else {
      return fail(row, nil, nil, offset, .cellCount(expected: columns.count, found: count))
    }
    var index = String(row)
    if let indexColumn {
      let cell = cells[indexColumn]
      guard cell.range.count <= 4096, let text = String(validating: reader.unquoted(cell), as: UTF8.self),
        !MissingValue.words.contains(text)
      else { return fail(row, nil, columns[indexColumn], offset, .noIndex) }
      index = text
    }
    if let first = firstRows[index] {
      return fail(row, index, indexColumn.map { columns[$0] }, offset, .duplicateIndex(firstRow: first))
    }
    firstRows[index] = row
    for (column, cell) in zip(columns, cells) where column.holdsOption && cell.range.count <= 2 + MissingValue.longest {
      let text = String(decoding: reader.unquoted(cell), as: UTF8.self)
      if !text.isEmpty, MissingValue.words.contains(text) { missingWordCount += 1 }
    }
    guard let picture = location(cells, reader, raw) else {
      return fail(row, index, pictureColumn.map { columns[$0] } ?? TSVFile.pathColumn, offset, .noPicture)
    }
    entries.append(TSVRowEntry(number: row, offset: offset, index: index, picture: picture))
  }

  /// Where the row's picture is; nil if it should have one and has not.
  private func location(
    _ cells: [TSVCell], _ reader: borrowing TSVRecordReader, _ raw: RawSpan
  ) -> TSVRowEntry.PictureLocation? {
    let pathColumn = columns.firstIndex(of: TSVFile.pathColumn)
    guard let column = pictureColumn ?? pathColumn, !options.holdsAnswers else {
      return TSVRowEntry.PictureLocation.none
    }
    let cell = cells[column]
    if cell.range.count <= 2 * Picture.longestReference + 2 {
      let text = String(decoding: reader.unquoted(cell).trimmed, as: UTF8.self)
      guard !MissingValue.words.contains(text) else { return nil }
      if column == pictureColumn, text.unicodeScalars.count <= Picture.longestReference { return .reference(text) }
    }
    return .own(SHA256Hasher.hash(raw.extracting(cell.range)))
  }

  private mutating func fail(
    _ row: Int, _ index: String?, _ column: String?, _ offset: Int, _ fault: BenchmarkError.RowFault
  ) {
    let place = BenchmarkError.Place(file: name, row: row, index: index, column: column, offset: offset)
    faults.append((row, .row(place, fault)))
  }
}
