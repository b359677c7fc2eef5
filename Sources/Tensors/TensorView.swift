// A typed window onto bytes that something else owns: a mapped shard, a mapped .skyq plane, an array.

/// Owns bytes that tensor views point into, such as a mapped file.
public protocol ByteStorage: AnyObject, Sendable {
  /// Bytes owned.
  var byteCount: Int { get }
  /// Calls `body` with all bytes.
  func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result
  /// Gives memory back that can be had again by reading; a hint only. By default nothing happens.
  func release(_ range: Range<Int>)
}

extension ByteStorage {
  /// Nothing to give back.
  public func release(_ range: Range<Int>) {}
}

/// Bytes held in memory.
public final class ArrayStorage: ByteStorage {
  private let bytes: [UInt8]
  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  public var byteCount: Int { bytes.count }
  /// Calls `body` with all bytes.
  public func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
    try unsafe bytes.withUnsafeBufferPointer { pointer throws(Failure) in
      try unsafe body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(pointer)))
    }
  }
}

/// A tensor inside somebody's bytes: validated once when made, no copy, keeps its owner alive.
public struct TensorView: Sendable {
  public let info: TensorInfo
  private let storage: any ByteStorage
  private let byteOffset: Int

  /// A view of `info.byteCount` bytes from `byteOffset`. The range must lie inside `storage`: readers check
  /// what a file says before they make a view.
  public init(info: TensorInfo, storage: any ByteStorage, byteOffset: Int) {
    precondition(byteOffset >= 0 && byteOffset + info.byteCount <= storage.byteCount, "view outside its storage")
    self.info = info
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// Calls `body` with the tensor's bytes: `info.byteCount` of them, row-major, little-endian.
  public func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
    try storage.withBytes { all throws(Failure) in
      try body(all.extracting(byteOffset..<byteOffset + info.byteCount))
    }
  }

  /// Whether its bytes are `other`.
  public func hasBytes(_ other: RawSpan) -> Bool {
    withBytes { bytes in
      unsafe bytes.withUnsafeBytes { first in unsafe other.withUnsafeBytes { unsafe first.elementsEqual($0) } }
    }
  }

  /// The elements of a tensor of whole numbers; nil if it is none of I32 or I64.
  public var wholeNumbers: [Int]? {
    guard info.dtype == .int32 || info.dtype == .int64 else { return nil }
    let isWide = info.dtype == .int64, width = info.dtype.byteWidth
    return withBytes { bytes in
      (0..<info.shape.elementCount).map { index in
        unsafe isWide
          ? Int(Int64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: width * index, as: Int64.self)))
          : Int(Int32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: width * index, as: Int32.self)))
      }
    }
  }

  /// Where the bytes lie in `owner`; nil if they belong to another.
  public func range(in owner: any ByteStorage) -> Range<Int>? {
    storage === owner ? byteOffset..<byteOffset + info.byteCount : nil
  }

  /// Says that the bytes will not be read again soon.
  public func release() { storage.release(byteOffset..<byteOffset + info.byteCount) }

  /// Rows `range` of the outermost dimension as a view of their own.
  public func rows(_ range: Range<Int>) -> TensorView {
    precondition(range.lowerBound >= 0 && range.upperBound <= info.shape[0], "rows outside the tensor")
    let rest = Array(info.shape.dimensions.dropFirst())
    let rowBytes = Shape(rest).elementCount * info.dtype.byteWidth
    return TensorView(
      info: TensorInfo(name: info.name, dtype: info.dtype, shape: Shape([range.count] + rest)),
      storage: storage, byteOffset: byteOffset + range.lowerBound * rowBytes)
  }
}

extension TensorView {
  /// The same bytes under another shape of equal element count.
  public func reshaped(to shape: Shape) -> TensorView {
    precondition(shape.elementCount == info.shape.elementCount, "another number of elements")
    return TensorView(
      info: TensorInfo(name: info.name, dtype: info.dtype, shape: shape), storage: storage, byteOffset: byteOffset)
  }
}
