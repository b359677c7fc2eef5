// Values of four or eight bits in 32-bit words: which neighbours share a word, in which order, and how the words are stored.
internal import Kernels
internal import Tensors

/// How the values of a matrix `[rows, columns]` lie in little-endian 32-bit words: eight of four bits, or four of eight.
///
/// Edge cases: if the extent along which words are shared is no multiple of that, the rest of the last word is 0.
struct CodePacking: Sendable, Hashable {
  /// A direction in the matrix.
  enum Axis { case rows, columns }

  /// Bits of a value: 4 or 8.
  let bits: Int
  /// Whether the values of a word stand in neighbouring rows of one column, or the other way round.
  let axis: Axis
  /// Whether words are stored column by column.
  let isTransposed: Bool
  /// How far each neighbour is shifted in its word; a byte for each, the first one lowest.
  private let shifts: UInt64
  /// The bits of a value.
  private let mask: UInt8

  /// - Parameter order: Which of the neighbours lies in the n-th place of a word, from the lowest; each in its own if nil.
  init(along axis: Axis, isTransposed: Bool, bits: Int = 4, order: [Int]? = nil) {
    precondition(bits == 4 || bits == 8, "words hold whole values of 4 or 8 bits")
    self.axis = axis
    self.isTransposed = isTransposed
    self.bits = bits
    mask = UInt8.max >> UInt8(8 - bits)
    shifts = (order ?? Array(0..<32 / bits)).enumerated().reduce(0) {
      $0 | UInt64($1.offset * bits) << UInt64(8 * $1.element)
    }
  }

  /// Values in a word.
  var valueCount: Int { 32 / bits }

  /// The same neighbours in the same words, each with so many bits, and so in words of another number of them.
  func holding(bits: Int) -> CodePacking { CodePacking(along: axis, isTransposed: isTransposed, bits: bits) }

  /// Shape of the words of a matrix.
  func wordShape(rows: Int, columns: Int) -> Shape {
    let words = axis == .rows ? (wordCount(rows), columns) : (rows, wordCount(columns))
    return isTransposed ? [words.1, words.0] : [words.0, words.1]
  }

  private func wordCount(_ extent: Int) -> Int { (extent + valueCount - 1) / valueCount }

  /// Where the values of a matrix lie among its words.
  private struct Places {
    let columns: Int
    private let rowShift: Int, columnShift: Int, rowStride: Int, columnStride: Int
    private let rowShifts: UInt64, columnShifts: UInt64
    private let mask: Int

    init(_ packing: CodePacking, rows: Int, columns: Int) {
      let width = packing.wordShape(rows: rows, columns: columns)[1]
      self.columns = columns
      let shift = packing.valueCount.trailingZeroBitCount
      rowShift = packing.axis == .rows ? shift : 0
      columnShift = packing.axis == .columns ? shift : 0
      rowStride = packing.isTransposed ? 1 : width
      columnStride = packing.isTransposed ? width : 1
      rowShifts = packing.axis == .rows ? packing.shifts : 0
      columnShifts = packing.axis == .columns ? packing.shifts : 0
      mask = packing.valueCount - 1
    }

    @inline(__always) func word(_ row: Int, _ column: Int) -> Int {
      (row >> rowShift) * rowStride + (column >> columnShift) * columnStride
    }

    /// How far the value is shifted in its word.
    @inline(__always) func shift(_ row: Int, _ column: Int) -> UInt32 {
      let shift = rowShifts >> UInt64(8 * (row & mask)) | columnShifts >> UInt64(8 * (column & mask))
      return UInt32(truncatingIfNeeded: shift & 31)
    }
  }
}

extension CodePacking {
  /// Rows of stored words that a worker writes together: the values of one row among them are a line of the cache.
  private static let block = 64
  /// Columns that are read together, so that every line of words is used whole while the cache has it.
  private static let columnBlock = 512

  /// Values `[rows, columns]` as words; see `wordShape`.
  ///
  /// Values are masked to their bits, so that none can spill into its neighbour.
  func pack(_ values: [UInt8], rows: Int, columns: Int) -> [UInt32] {
    let shape = wordShape(rows: rows, columns: columns), places = Places(self, rows: rows, columns: columns)
    var words = [UInt32](repeating: 0, count: shape.elementCount)
    Parallel.forEachChunk(of: &words, chunkCount: Self.block * max(shape[1], 1)) { chunk, output in
      let first = chunk * Self.block
      let part = extents(of: first..<min(first + Self.block, shape[0]), rows: rows, columns: columns)
      for row in part.rows {
        for column in part.columns {
          output[places.word(row, column) - first * shape[1]] |=
            UInt32(values[row * columns + column] & mask) << places.shift(row, column)
        }
      }
    }
    return words
  }

  /// The rows and columns of a matrix whose values lie in some rows of its words.
  private func extents(of stored: Range<Int>, rows: Int, columns: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let isPacked = (axis == .columns) == isTransposed, extent = isTransposed ? columns : rows
    let factor = isPacked ? valueCount : 1
    let covered = stored.lowerBound * factor..<min(stored.upperBound * factor, extent)
    return isTransposed ? (0..<rows, covered) : (covered, 0..<columns)
  }

  /// The inverse of `pack`.
  func unpack(_ words: [UInt32], rows: Int, columns: Int) -> [UInt8] {
    var values = [UInt8](repeating: 0, count: rows * columns)
    let blockRows = Self.block
    Parallel.forEachChunk(of: &values, chunkCount: blockRows * max(columns, 1)) { chunk, output in
      let first = chunk * blockRows
      unpack(
        unsafe words.span.bytes, first..<min(first + blockRows, rows), rows: rows, columns: columns, into: &output)
    }
    return values
  }

  /// The values of some rows of a matrix, from all of its words.
  /// - Parameter output: `range.count * columns` values, row by row.
  func unpack(
    _ words: RawSpan, _ range: Range<Int>, rows: Int, columns: Int, into output: inout MutableSpan<UInt8>
  ) {
    let places = Places(self, rows: rows, columns: columns)
    for start in stride(from: 0, to: columns, by: Self.columnBlock) {
      for row in range {
        for column in start..<min(start + Self.columnBlock, columns) {
          let word = unsafe words.unsafeLoadUnaligned(fromByteOffset: 4 * places.word(row, column), as: UInt32.self)
          output[(row - range.lowerBound) * columns + column] =
            UInt8(truncatingIfNeeded: UInt32(littleEndian: word) >> places.shift(row, column)) & mask
        }
      }
    }
  }

  /// The same of words in a file.
  func unpack(_ words: TensorView, _ range: Range<Int>, rows: Int, columns: Int) -> [UInt8] {
    var values = [UInt8](repeating: 0, count: range.count * columns)
    words.withBytes { bytes in
      var span = values.mutableSpan
      unpack(bytes, range, rows: rows, columns: columns, into: &span)
    }
    return values
  }
}
