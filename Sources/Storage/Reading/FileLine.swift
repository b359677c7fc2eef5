// Lines of a mapped file, one at a time.
internal import Tensors

/// A line of a file.
public struct FileLine: Sendable {
  /// Its bytes without the line feed.
  public let bytes: [UInt8]
  /// Counted from 1.
  public let number: Int
  /// Of its first byte in the file.
  public let offset: Int
  /// Whether it ends in a line feed; only the last line may not.
  public let isWhole: Bool
  /// Where the next line begins.
  public var end: Int { offset + bytes.count + (isWhole ? 1 : 0) }
}

extension MappedFile {
  /// The line of this number, which begins at `offset`; nil at the end of the file.
  public func line(_ number: Int, from offset: Int) -> FileLine? {
    guard offset < byteCount else { return nil }
    return withBytes { raw in
      let bytes = unsafe raw._unsafeView(as: UInt8.self)
      var end = offset
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let line = unsafe bytes.extracting(offset..<end).withUnsafeBufferPointer { unsafe Array($0) }
      return FileLine(bytes: line, number: number, offset: offset, isWhole: end < bytes.count)
    }
  }
}
