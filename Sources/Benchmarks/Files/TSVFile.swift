// A benchmark in VLMEvalKit's TSV form, read in place: a file of several GB, with pictures of tens of MB in
// its cells, takes the memory of its row index and of one row at a time.
public import Storage
public import Tensors

/// The rows of a TSV file. Opening reads the file once, from end to end; rows and pictures are read again
/// when asked for.
///
/// The header gives the columns. `image` holds pictures, everything else text. Rows are known by `index`,
/// else `id` or `pid`, else their number.
public struct TSVFile: BenchmarkSource {
  /// Bounds, and how missing values are read.
  public struct Options: Sendable {
    /// Most rows.
    public var rowLimit = 1 << 20
    /// Most columns.
    public var columnLimit = 1024
    /// Longest text cell, in bytes.
    public var textLimit = 16 << 20
    /// Longest picture cell, in bytes.
    public var pictureLimit = 512 << 20
    /// Keeps words such as `None` and `N/A` as text in options and hints, where VLMEvalKit loses them.
    public var keepsMissingWords = false
    /// A file of answers: it needs no questions, and pictures are not looked at.
    public var holdsAnswers = false
    /// The bounds of VLMEvalKit's files.
    public init() {}
  }

  /// The file's name, for messages.
  public let name: String
  /// Column names in order.
  public let columns: [String]
  /// SHA-256 of all bytes.
  public let digest: SHA256Digest
  /// Rows that cannot be used, in order. They are not among `rowCount`.
  public let faults: [BenchmarkError]
  /// Options and hints that are a word such as `None`, and so missing unless `keepsMissingWords`.
  public let missingWordCount: Int
  let storage: any ByteStorage
  let options: Options
  let entries: [TSVRowEntry]
  /// Position in `entries` of each index.
  let positions: [String: Int]

  /// Indexes the file.
  /// - Parameters:
  ///   - storage: A mapped file, or bytes in memory.
  ///   - name: What messages call it.
  /// - Throws: `BenchmarkError.file` if the header or the whole is unusable. Faults of rows are in `faults`.
  public init(_ storage: any ByteStorage, name: String, options: Options = Options()) throws(BenchmarkError) {
    var indexer = TSVIndexer(name: name, options: options)
    let indexed = storage.withBytes { bytes in
      Result { () throws(BenchmarkError) in try indexer.index(bytes, storage: storage) }
    }
    try indexed.get()
    self.name = name
    self.storage = storage
    self.options = options
    columns = indexer.columns
    digest = indexer.digest
    (entries, positions) = indexer.usableRows()
    faults = indexer.sortedFaults
    missingWordCount = indexer.missingWordCount
  }

  /// Number of usable rows.
  public var rowCount: Int { entries.count }

  /// The text of a usable row, 0…`rowCount` − 1.
  /// - Throws: `BenchmarkError.row` for a cell that is not UTF-8 or too long.
  public func row(_ number: Int) throws(BenchmarkError) -> BenchmarkRow {
    let entry = entries[number]
    let place = BenchmarkError.Place(file: name, row: entry.number, index: entry.index, offset: entry.offset)
    var cells: [String: String] = [:]
    for (column, bytes) in try self.cells(entry, place, where: { $0 != TSVFile.pictureColumn }) {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .row(place.with(column: column), .notUTF8)
      }
      if !MissingValue.words.contains(text) || (options.keepsMissingWords && text != "" && column.holdsOption) {
        cells[column] = text
      }
    }
    return BenchmarkRow(place: place, index: entry.index, cells: cells)
  }

  /// The pictures of a usable row, decoded from base64 but not from their picture format. Several rows may
  /// share one.
  /// - Throws: `BenchmarkError.row`.
  public func pictures(_ number: Int) throws(BenchmarkError) -> [Picture] {
    let entry = entries[number]
    var source = entry
    if case .reference(let index) = entry.picture, let position = positions[index] { source = entries[position] }
    let place = BenchmarkError.Place(file: name, row: source.number, index: source.index, offset: source.offset)
    let column = columns.contains(TSVFile.pictureColumn) ? TSVFile.pictureColumn : TSVFile.pathColumn
    guard let bytes = try cells(source, place, where: { $0 == column })[column] else { return [] }
    do throws(BenchmarkError.RowFault) {
      if column == TSVFile.pictureColumn { return try Picture.decode(cell: bytes) }
      guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
      return MissingValue.words.contains(text) ? [] : try Picture.paths(cell: text)
    } catch {
      throw .row(place.with(column: column), error)
    }
  }

  /// What tells a row's pictures from others: rows of the same key show the same. Nil without a picture.
  public func pictureKey(_ number: Int) -> String? {
    switch entries[number].picture {
    case .none: nil
    case .own(let digest): digest.description
    case .reference(let index): positions[index].flatMap { pictureKey($0) }
    }
  }

  static let pictureColumn = "image", pathColumn = "image_path"

  /// Bytes of the cells whose column is wanted.
  private func cells(
    _ entry: TSVRowEntry, _ place: BenchmarkError.Place, where isWanted: (String) -> Bool
  ) throws(BenchmarkError) -> [String: [UInt8]] {
    try storage.withBytes { (bytes: RawSpan) throws(BenchmarkError) in
      var reader = TSVRecordReader(unsafe bytes._unsafeView(as: UInt8.self), from: entry.offset)
      var cells: [TSVCell] = [], count = 0
      _ = reader.readRecord(into: &cells, limit: columns.count, count: &count)
      defer { storage.releaseLarge(entry.offset..<reader.offset) }
      var wanted: [String: [UInt8]] = [:]
      for (column, cell) in zip(columns, cells) where isWanted(column) {
        try options.check(cell, of: column, place)
        wanted[column] = reader.unquoted(cell)
      }
      return wanted
    }
  }
}

extension ByteStorage {
  /// Gives back the memory of a range that is not worth keeping: pages of a mapped file would stay else.
  func releaseLarge(_ range: Range<Int>) {
    if range.count > 1 << 20 { release(range) }
  }
}

extension TSVFile.Options {
  func check(
    _ cell: TSVCell, of column: String, _ place: BenchmarkError.Place
  ) throws(BenchmarkError) {
    let limit = column == TSVFile.pictureColumn ? pictureLimit : textLimit
    guard cell.range.count <= limit else {
      throw .row(place.with(column: column), .cellTooLong(byteCount: cell.range.count, limit: limit))
    }
  }
}

extension BenchmarkError.Place {
  func with(column: String) -> BenchmarkError.Place {
    var place = self
    place.column = column
    return place
  }
}

extension String {
  /// Whether a column of this name holds an option or the hint, of which VLMEvalKit's prompts drop missing
  /// ones.
  var holdsOption: Bool { self == "hint" || (utf8.count == 1 && utf8.allSatisfy { (0x41...0x5A).contains($0) }) }
}
