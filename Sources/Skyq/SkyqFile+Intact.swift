// Planes are large and are read where they lie, so that they are held to their checksums before their first use.
import Storage
import Tensors

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
