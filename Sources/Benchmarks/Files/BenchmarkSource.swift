// What a benchmark file offers, whatever its form.
public import Storage

/// Rows with their pictures.
public protocol BenchmarkSource: Sendable {
  /// The file's name, for messages.
  var name: String { get }
  /// Column names.
  var columns: [String] { get }
  /// SHA-256 of all bytes of the file.
  var digest: SHA256Digest { get }
  /// Rows that cannot be used, in order; they are not among `rowCount`.
  var faults: [BenchmarkError] { get }
  /// Number of usable rows.
  var rowCount: Int { get }
  /// The text of a usable row, 0…`rowCount` − 1.
  /// - Throws: `BenchmarkError.row` if a cell turns out to be unusable after all.
  func row(_ number: Int) throws(BenchmarkError) -> BenchmarkRow
  /// The row's pictures in order.
  /// - Throws: `BenchmarkError.row`.
  func pictures(_ number: Int) throws(BenchmarkError) -> [Picture]
  /// What tells the row's pictures from others: rows of the same key show the same. Nil without a picture.
  func pictureKey(_ number: Int) -> String?
}

extension TSVFile: BenchmarkSource {}
