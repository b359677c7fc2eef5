// Files that people give for questions and that are none, known by how they begin.
internal import Storage

/// What a file is that cannot hold questions.
public enum ForeignFile {
  /// How they begin, and what to do.
  private static let marks: [(start: [UInt8], advice: String)] = [
    ([0xFF, 0xFE], utf16), ([0xFE, 0xFF], utf16),
    // Without a byte order mark.
    ([0x7B, 0], utf16), ([0x5B, 0], utf16), ([0, 0x7B], utf16), ([0, 0x5B], utf16),
    ([0x1F, 0x8B], "is packed with gzip; unpack it"),
    ([0x28, 0xB5, 0x2F, 0xFD], "is packed with zstd; unpack it"),
    (Array("PK\u{3}\u{4}".utf8), "is a ZIP archive, a spreadsheet perhaps; unpack it, or save its table as .tsv"),
    (Array("PAR1".utf8), "is a Parquet file; write its rows as JSON lines, and its pictures as files"),
    ([0x89, 0x50, 0x4E, 0x47], picture), ([0xFF, 0xD8, 0xFF], picture),
  ]
  private static let utf16 = "is UTF-16; save it as UTF-8"
  private static let picture = "is a picture; give the folder that it lies in, or a file of questions"

  /// Refuses a file that begins with `bytes` if no questions can follow.
  /// - Throws: `QuestionError.unreadable`.
  public static func refuse(_ bytes: [UInt8], file: String) throws(QuestionError) {
    if let placeholder = unsafe Placeholder(bytes.span.bytes, name: file) {
      throw .unreadable(file: file, placeholder.description)
    }
    guard let mark = marks.first(where: { bytes.starts(with: $0.start) }) else { return }
    throw .unreadable(file: file, mark.advice)
  }
}
