// Reading a .skyq file: the front is checked when the file is opened, planes are mapped and handed out as
// views. Planes are large and are read where they lie, so that they are held to their checksums before their
// first use.
public import Storage
public import Tensors

/// An open .skyq file.
///
/// Opening checks everything that the front shows (E001 to E029): afterwards every offset, size and shape can be
/// trusted. The bytes of planes and sections are proven when they are read, and all of them by `check`.
public struct SkyqFile: Sendable {
  /// The path as given.
  public let path: String
  /// Version, sizes, parameter count, content id.
  public let header: SkyqHeader
  /// Sections in file order.
  public let sections: [SkyqSection]
  /// Tensors in file order.
  public let tensors: SkyqTensorList
  public let mapping: MappedFile

  /// Opens and maps the file `path`.
  /// - Throws: `StorageError` if it cannot be read, `SkyqError` if it breaks a rule of the format.
  public init(path: String) throws {
    let mapping = try MappedFile(path: path)
    do throws(SkyqError) {
      let contents = try SkyqFile.readFront(of: mapping).checked()
      self.path = path
      header = contents.header
      sections = contents.sections
      tensors = contents.tensors
      self.mapping = mapping
    } catch {
      throw error.inFile(path)
    }
  }

  /// Copies the front before it is checked, so that it cannot change in between.
  private static func readFront(of mapping: MappedFile) throws(SkyqError) -> Front {
    guard mapping.byteCount >= SkyqLimits.superblockSize else {
      throw SkyqError(.tooShort, "\(mapping.byteCount) bytes are too few for a .skyq file")
    }
    let head = mapping.copy(0..<SkyqLimits.superblockSize)
    let superblock = try Superblock(parsing: head, actualSize: mapping.byteCount)
    return try Front(superblock: superblock, head: head) { range, bytes in
      mapping.append(range, to: &bytes)
      mapping.release(range)
    }
  }

  /// The tensor `name`, or nil if there is none.
  public func tensor(named name: String) -> SkyqTensor? { tensors.tensor(named: name) }

  /// A plane as a typed tensor, not copied, held to its XXH3.
  ///
  /// A plain tensor has one plane of its own dtype and shape. An int4 matrix `[out, in]` has codes, u8
  /// `[out, in/2]`; scales, f16 or bf16 `[out, in/g]`; and zeros, u8 `[out, ⌈in/g/2⌉]`.
  /// - Throws: E038 if the encoding is unknown, E039 if there is no such plane, E033 if it is damaged.
  public func view(of tensor: SkyqTensor, plane: Int = 0) throws(SkyqError) -> TensorView {
    let view = try unprovenView(of: tensor, plane: plane)
    try requireIntact(tensor.planes[plane], of: tensor)
    return view
  }

  /// `view(of:plane:)` from the front alone. Nobody may use its bytes before `requireIntact` has seen them.
  /// - Throws: E038 and E039 as above.
  package func unprovenView(of tensor: SkyqTensor, plane: Int = 0) throws(SkyqError) -> TensorView {
    let part = SkyqPart.tensor(tensor.name)
    guard let planes = try tensor.encoding.planes(of: tensor.shape, groupSize: tensor.groupSize) else {
      throw SkyqError(.unknownEncoding, "encoding \(tensor.encoding) needs a newer program", part: part).inFile(path)
    }
    guard planes.indices.contains(plane) else {
      throw SkyqError(.notInFile, "has no plane \(plane)", part: part).inFile(path)
    }
    let info = TensorInfo(name: tensor.name, dtype: planes[plane].dtype, shape: planes[plane].shape)
    return TensorView(info: info, storage: mapping, byteOffset: tensor.planes[plane].offset)
  }

  /// Calls `body` with the bytes of a plane of any encoding, intact or not.
  package func withPlane<Result>(
    _ plane: SkyqPlane, _ body: (RawSpan) throws -> Result
  ) rethrows -> Result {
    try mapping.withBytes { try body($0.extracting(plane.offset..<plane.offset + plane.size)) }
  }

  /// Tells the kernel how the file will be read; a hint only.
  public func advise(_ access: MappedFile.Access) { mapping.advise(access) }
}

extension MappedFile {
  /// The bytes of `range`, copied.
  func copy(_ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    append(range, to: &bytes)
    return bytes
  }

  /// Appends a copy of the bytes of `range`.
  func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
    withBytes { all in unsafe all.extracting(range).withUnsafeBytes { unsafe bytes.append(contentsOf: $0) } }
  }
}

extension SkyqFile {
  /// Bytes of a plane after which memory is given back. A plane that is no larger stays mapped, as it is read next.
  private static let piece = 64 << 20

  /// Reads all planes of `tensor` and holds them to their XXH3, at the speed of memory or of the disk.
  /// - Throws: E033 with the offset of the first damaged plane.
  public func requireIntact(_ tensor: SkyqTensor) throws(SkyqError) {
    for plane in tensor.planes { try requireIntact(plane, of: tensor) }
  }

  /// Reads one plane of `tensor`; see above.
  func requireIntact(_ plane: SkyqPlane, of tensor: SkyqTensor) throws(SkyqError) {
    guard checksum(of: plane) == plane.xxh3 else {
      throw SkyqError(
        .planeChecksum, "damaged: a plane has another XXH3", part: .tensor(tensor.name), offset: plane.offset
      ).inFile(path)
    }
  }

  private func checksum(of plane: SkyqPlane) -> UInt64 {
    var hasher = XXH3Hasher()
    let end = plane.offset + plane.size
    for start in stride(from: plane.offset, to: end, by: Self.piece) {
      let range = start..<min(start + Self.piece, end)
      mapping.withBytes { hasher.update($0.extracting(range)) }
      if plane.size > Self.piece { mapping.release(range) }
    }
    return hasher.finalize()
  }
}
