// The names of a header while it is read, Formats/safetensors.md §2.5.
import JSON
import Tensors

/// Collects the tensor names of a header, to find the first that is there twice.
struct HeaderNames {
  private var bytes: [UInt8] = []
  private var borders: [UInt32] = [0]  // a header has at most 100,000,000 bytes
  /// Where each name stands, counted as the reader counts.
  private var offsets: [UInt32] = []
  /// Whether names that Unicode calls equivalent are the same bytes.
  private var isNormalized = true

  /// No names, and room for about so many.
  init(expectedCount: Int) {
    let usualByteCount = 32
    bytes.reserveCapacity(expectedCount * usualByteCount)
    borders.reserveCapacity(expectedCount + 1)
    offsets.reserveCapacity(expectedCount)
  }

  /// Adds the name that `reader` has just read; false, and no change, if a tensor may not be called so.
  mutating func append(_ name: JSONText, of reader: JSONReader) -> Bool {
    if let text = name.decoded {
      guard !text.utf8.contains(0) else { return false }
      var spelling = text.utf8Span
      isNormalized = isNormalized && spelling.checkForNFC(quickCheck: false)
    }
    let start = bytes.count
    reader.append(name, to: &bytes)
    guard bytes.count > start else { return false }
    borders.append(UInt32(bytes.count))
    offsets.append(UInt32(reader.tokenOffset))
    return true
  }

  /// All names by their bytes.
  func table() -> NameTable { NameTable(bytes, borders: borders) }

  /// The first name in `table`, which is ours, that occurs before it as well, perhaps in an equivalent spelling.
  func firstRepetition(in table: NameTable) -> (name: String, offset: Int)? {
    var seen: Set<String> = []
    let position =
      isNormalized ? table.firstRepetition : (0..<table.count).first { !seen.insert(table[$0]).inserted }
    return position.map { (table[$0], Int(offsets[$0])) }
  }
}
