// zstd (RFC 8878) for small sections: one frame, its size stated, decoded into a buffer of exactly that size.
import CZstd

/// Compression of small files.
public enum Zstd {
  /// Never changed, so that the same library writes the same bytes.
  static let level: Int32 = 12
  /// Largest window a frame may ask for, in bytes.
  public static let maximumWindow = 8 << 20

  /// One frame with its content size and no checksum.
  public static func compress(_ bytes: RawSpan) -> [UInt8] {
    let bound = ZSTD_compressBound(bytes.byteCount)
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      let size = unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_compress(buffer.baseAddress, bound, source.baseAddress, source.count, level)
      }
      // The destination has the size the library asked for: only memory can be lacking, as Swift itself would trap.
      precondition(ZSTD_isError(size) == 0, "out of memory")
      count = size
    }
  }

  /// One frame with its content size and no checksum.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] { unsafe compress(bytes.span.bytes) }

  /// The content of `frame`, which must be one frame that states `byteCount` as its content size.
  ///
  /// At most `byteCount` bytes are allocated and written; the caller bounds it before.
  /// - Throws: `StorageError.corruptFrame`.
  public static func decompress(_ frame: RawSpan, byteCount: Int) throws(StorageError) -> [UInt8] {
    precondition(byteCount >= 0, "negative size")
    let header = try ZstdFrameHeader(frame)
    guard header.contentSize == UInt64(byteCount) else {
      throw .corruptFrame(reason: "it states \(header.contentSize) bytes of content, expected \(byteCount)")
    }
    guard header.windowSize <= UInt64(maximumWindow) else {
      throw .corruptFrame(reason: "its window of \(header.windowSize) bytes exceeds \(maximumWindow)")
    }
    let frameSize = unsafe frame.withUnsafeBytes { unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
    try check(frameSize)
    guard frameSize == frame.byteCount else {
      throw .corruptFrame(reason: "\(frame.byteCount - frameSize) bytes follow it")
    }
    var decoded = 0
    let content = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      decoded = unsafe frame.withUnsafeBytes { source in
        unsafe ZSTD_decompress(buffer.baseAddress, byteCount, source.baseAddress, source.count)
      }
      count = ZSTD_isError(decoded) == 0 ? decoded : 0
    }
    try check(decoded)
    guard decoded == byteCount else { throw .corruptFrame(reason: "it holds \(decoded) bytes of \(byteCount)") }
    return content
  }

  /// The content of `frame`, which must be one frame that states `byteCount` as its content size.
  /// - Throws: `StorageError.corruptFrame`.
  public static func decompress(_ frame: [UInt8], byteCount: Int) throws(StorageError) -> [UInt8] {
    unsafe try decompress(frame.span.bytes, byteCount: byteCount)
  }

  private static func check(_ result: Int) throws(StorageError) {
    guard ZSTD_isError(result) == 0 else {
      throw .corruptFrame(reason: unsafe String(cString: ZSTD_getErrorName(result)))
    }
  }
}

/// The fields of a frame header (RFC 8878 §3.1.1.1) that libzstd's stable interface does not tell.
struct ZstdFrameHeader {
  let contentSize: UInt64
  let windowSize: UInt64

  init(_ frame: RawSpan) throws(StorageError) {
    var reader = ByteReader(frame)
    guard try reader.readUInt32() == 0xFD2F_B528 else {
      throw .corruptFrame(reason: "it does not begin with the magic number of zstd")
    }
    let descriptor = try reader.readUInt8()
    let isSingleSegment = descriptor & 0x20 != 0
    guard descriptor & 0x08 == 0 else { throw .corruptFrame(reason: "a reserved bit is set") }
    guard descriptor & 0x03 == 0 else { throw .corruptFrame(reason: "it needs a dictionary") }
    let window = isSingleSegment ? nil : try reader.readUInt8()
    switch descriptor >> 6 {
    case 0 where isSingleSegment: contentSize = UInt64(try reader.readUInt8())
    case 0: throw .corruptFrame(reason: "it does not state its content size")
    case 1: contentSize = UInt64(try reader.readUInt16()) + 256
    case 2: contentSize = UInt64(try reader.readUInt32())
    default: contentSize = try reader.readUInt64()
    }
    windowSize = window.map(ZstdFrameHeader.windowSize) ?? contentSize
  }

  private static func windowSize(_ descriptor: UInt8) -> UInt64 {
    let base = UInt64(1) << (10 + descriptor >> 3)
    return base + base / 8 * UInt64(descriptor & 7)
  }
}
