// One record of a TSV file, by the rules that pandas reads it with (`read_csv(sep="\t")`).
//
// 1. Cells are separated by a tab, records by LF, CRLF or CR. Lines of nothing but spaces are skipped.
// 2. A cell that begins with `"` runs to the next lone `"`; tabs and line ends inside are data, `""` is one
// `"`.
// 3. What follows a closing quote up to the tab belongs to the cell as it is. In a cell that does not begin
// with a quote, quotes are data.

/// Where a cell stands in its file.
struct TSVCell: Equatable {
  /// All bytes of the cell, quotes included.
  var range: Range<Int>
  /// Whether it begins with a quote.
  var isQuoted: Bool
  /// Whether it is not simply the bytes in its range, or between the quotes at the two ends.
  var needsUnquoting: Bool

  /// The bytes that are the cell's text, if it needs no unquoting.
  var content: Range<Int> { isQuoted ? range.lowerBound + 1..<range.upperBound - 1 : range }
}

/// Reads records one after another from the bytes of a file.
struct TSVRecordReader: ~Escapable {
  private let bytes: Span<UInt8>
  /// Offset of the next byte to read.
  private(set) var offset: Int

  /// How a record ended.
  enum End { case record, endOfFile, insideQuotes }

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, from offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Passes over blank lines to the next record; false at the end of the file.
  mutating func skipBlankLines() -> Bool {
    while offset < bytes.count {
      var end = offset
      while end < bytes.count, bytes[end] == UInt8(ascii: " ") { end += 1 }
      guard end == bytes.count || bytes[end] == lineFeed || bytes[end] == carriageReturn else { return true }
      offset = min(end + 1, bytes.count)
    }
    return false
  }

  /// Reads the record at the cursor.
  /// - Parameters:
  ///   - cells: The first `limit` cells; emptied before.
  ///   - count: All cells, also those beyond the limit.
  mutating func readRecord(into cells: inout [TSVCell], limit: Int, count: inout Int) -> End {
    cells.removeAll(keepingCapacity: true)
    count = 0
    while true {
      guard let cell = readCell() else { return .insideQuotes }
      count += 1
      if cells.count < limit { cells.append(cell) }
      guard offset < bytes.count else { return .endOfFile }
      let separator = bytes[offset]
      offset += 1
      if separator == tab { continue }
      if separator == carriageReturn, offset < bytes.count, bytes[offset] == lineFeed { offset += 1 }
      return .record
    }
  }

  /// Reads to the end of a cell, where a separator or the end of the file is; nil if the file ends inside
  /// quotes.
  private mutating func readCell() -> TSVCell? {
    let start = offset
    guard offset < bytes.count, bytes[offset] == quote else {
      skipPlainBytes()
      return TSVCell(range: start..<offset, isQuoted: false, needsUnquoting: false)
    }
    offset += 1
    var needsUnquoting = false
    while true {
      while offset < bytes.count, bytes[offset] != quote { offset += 1 }
      guard offset < bytes.count else { return nil }
      offset += 1
      guard offset < bytes.count, bytes[offset] == quote else { break }
      offset += 1
      needsUnquoting = true
    }
    let closing = offset
    skipPlainBytes()
    return TSVCell(range: start..<offset, isQuoted: true, needsUnquoting: needsUnquoting || offset > closing)
  }

  private mutating func skipPlainBytes() {
    while offset < bytes.count {
      switch bytes[offset] {
      case tab, lineFeed, carriageReturn: return
      default: offset += 1
      }
    }
  }

  /// The bytes that `cell`, read by such a reader, stands for.
  func unquoted(_ cell: TSVCell) -> [UInt8] {
    guard cell.needsUnquoting else {
      return unsafe bytes.extracting(cell.content).withUnsafeBufferPointer { unsafe Array($0) }
    }
    var text: [UInt8] = []
    var isInside = true
    var position = cell.range.lowerBound + 1
    while position < cell.range.upperBound {
      let byte = bytes[position]
      position += 1
      if isInside, byte == quote {
        isInside = position < cell.range.upperBound && bytes[position] == quote
        if !isInside { continue }
        position += 1
      }
      text.append(byte)
    }
    return text
  }
}

private let tab = UInt8(ascii: "\t"), lineFeed = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")
private let quote = UInt8(ascii: "\"")
