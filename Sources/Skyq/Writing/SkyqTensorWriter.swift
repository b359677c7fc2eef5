// The planes of one tensor on their way into a file.
import Storage

/// Makes writers of a file's tensors, which may be used at once.
public struct SkyqTensorWriters: Sendable {
  let file: SharedFile
  /// Of the finished file, for messages.
  let path: String
  let tensors: SkyqTensorList

  /// A writer of the tensor at `index` of the plan.
  public func makeWriter(of index: Int) -> SkyqTensorWriter {
    SkyqTensorWriter(index: index, tensor: tensors[index], file: file, path: path)
  }
}

/// Writes the planes of one tensor, in order.
public struct SkyqTensorWriter: ~Copyable {
  /// Bytes after which the disk may begin with them.
  private static let writebackInterval = 8 << 20

  private let index: Int
  private let tensor: SkyqTensor
  private let file: SharedFile
  private let path: String
  private var progress = TensorProgress()
  /// Bytes of the plane that the disk has been told of.
  private var begunByteCount = 0

  fileprivate init(index: Int, tensor: SkyqTensor, file: SharedFile, path: String) {
    self.index = index
    self.tensor = tensor
    self.file = file
    self.path = path
    skipFullPlanes()
  }

  /// Bytes that the plane whose bytes come next still lacks; nil when all are written.
  public var remainingInPlane: Int? {
    guard progress.plane < tensor.planes.count else { return nil }
    return tensor.planes[progress.plane].size - progress.byteCount
  }

  /// Appends bytes of the current plane; when it is full the next one begins. Bytes must not reach beyond the plane.
  /// - Throws: E036 for a value that the format does not allow, `StorageError` if they cannot be written.
  public mutating func append(_ bytes: RawSpan) throws {
    guard bytes.byteCount > 0 else { return }
    precondition(bytes.byteCount <= remainingInPlane ?? 0, "more bytes than the plane has")
    let offset = tensor.planes[progress.plane].offset
    if progress.byteCount == 0 { progress.beginPlane(of: tensor) }
    if let position = progress.firstViolation(in: bytes) {
      throw SkyqError(
        .value, PlaneValueRule.explanation, part: .tensor(tensor.name), offset: offset + position
      ).inFile(path)
    }
    try file.write(bytes, at: offset + progress.byteCount)
    progress.update(bytes)
    beginWriteback()
    skipFullPlanes()
  }

  /// Appends bytes of the current plane.
  /// - Throws: see `append(_:)`.
  public mutating func append(_ bytes: [UInt8]) throws { try append(unsafe bytes.span.bytes) }

  /// What has been written. All planes must be full.
  public consuming func finish() -> WrittenSkyqTensor {
    precondition(remainingInPlane == nil, "all planes must be written before the tensor is finished")
    return WrittenSkyqTensor(index: index, digests: progress.finish())
  }

  private mutating func beginWriteback() {
    let plane = tensor.planes[progress.plane]
    guard progress.byteCount == plane.size || progress.byteCount - begunByteCount >= Self.writebackInterval else {
      return
    }
    file.beginWriteback(plane.offset + begunByteCount..<plane.offset + progress.byteCount)
    begunByteCount = progress.byteCount
  }

  /// Passes over planes that are full or have no bytes.
  private mutating func skipFullPlanes() {
    while remainingInPlane == 0 {
      progress.endPlane()
      begunByteCount = 0
    }
  }
}

/// A tensor whose planes are in the file, perhaps not on the disk.
public struct WrittenSkyqTensor: Sendable {
  /// Its place in the plan.
  public let index: Int
  let digests: TensorDigests
}
