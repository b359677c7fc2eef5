// A safetensors file that proves itself: its metadata hold the SHA-256 of the whole file, computed with zeros
// in its own place.
internal import Safetensors
internal import Storage
internal import Tensors

enum SealedHeader {
  /// The key of the digest among the metadata.
  static let key = "sha256"
  private static let zeros = String(repeating: "0", count: 2 * SHA256Digest.byteCount)

  /// The header of a file of these tensors and metadata, sealed.
  /// - Parameter data: Hashes the bytes of the tensors in their order.
  /// - Throws: `SafetensorsError.Reason` if there can be no such header; what `data` throws.
  static func bytes(
    _ tensors: [TensorInfo], _ metadata: [String: String], data: (inout SHA256Hasher) throws -> Void
  ) throws -> [UInt8] {
    func header(_ seal: String) throws(SafetensorsError.Reason) -> [UInt8] {
      try SafetensorsPlan(tensors: tensors, metadata: metadata.merging([key: seal]) { $1 }).headerBytes
    }
    var hasher = SHA256Hasher()
    hasher.update(try header(zeros))
    try data(&hasher)
    return try header(hasher.finalize().description)
  }

  /// Whether the bytes of a file are those that were sealed. Its memory is given back on the way.
  /// - Parameter seal: What its metadata have under `key`.
  static func isIntact(_ file: MappedFile, seal: String?) -> Bool {
    guard let seal, seal.utf8.count == zeros.utf8.count,
      let place = file.withBytes({ place(of: seal, in: $0) })
    else { return false }
    var hasher = SHA256Hasher()
    file.withBytes { hasher.update($0.extracting(0..<place)) }
    hasher.update(Array(zeros.utf8))
    let piece = 64 << 20
    for start in stride(from: place + zeros.utf8.count, to: file.byteCount, by: piece) {
      let range = start..<min(start + piece, file.byteCount)
      file.withBytes { hasher.update($0.extracting(range)) }
      file.release(range)
    }
    return hasher.finalize().description == seal
  }

  /// Where the digest begins. The metadata come first and the key first among them, so that it lies near the
  /// beginning.
  private static func place(of seal: String, in file: RawSpan) -> Int? {
    let start = Array(#"{"__metadata__":{"\#(key)":""#.utf8)
    let place = MemoryLayout<UInt64>.size + start.count
    guard file.byteCount >= place + seal.utf8.count else { return nil }
    let expected = start + Array(seal.utf8)
    let found = (0..<expected.count).map {
      unsafe file.unsafeLoad(fromByteOffset: MemoryLayout<UInt64>.size + $0, as: UInt8.self)
    }
    return found == expected ? place : nil
  }
}
