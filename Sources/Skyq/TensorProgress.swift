// The tensor that is being written: how far it is, and its digests so far.
import Storage

/// Position and digests within one tensor.
struct TensorProgress: ~Copyable {
  /// Plane whose bytes come next.
  private(set) var plane = 0
  /// Bytes of that plane so far.
  private(set) var byteCount = 0
  private var planeDigest = XXH3Hasher()
  private var tensorDigest = SHA256Hasher()
  private var finishedPlanes: [UInt64] = []
  private var rule: PlaneValueRule?

  /// Remembers which values the current plane of `tensor` may hold.
  mutating func beginPlane(of tensor: SkyqTensor) {
    rule = PlaneValueRule(
      encoding: tensor.encoding, shape: tensor.shape, groupSize: tensor.groupSize, plane: plane)
  }

  /// The position in the plane of the first value that is not allowed.
  mutating func firstViolation(in bytes: RawSpan) -> Int? { rule?.firstViolation(in: bytes) }

  /// Takes note of the next bytes of the plane.
  mutating func update(_ bytes: RawSpan) {
    planeDigest.update(bytes)
    tensorDigest.update(bytes)
    byteCount += bytes.byteCount
  }

  /// Goes to the next plane.
  mutating func endPlane() {
    finishedPlanes.append(exchange(&planeDigest, with: XXH3Hasher()).finalize())
    plane += 1
    byteCount = 0
    rule = nil
  }

  /// The digests of the tensor; the next one begins.
  mutating func finish() -> TensorDigests {
    let sha256 = exchange(&tensorDigest, with: SHA256Hasher()).finalize()
    defer {
      finishedPlanes = []
      plane = 0
    }
    return TensorDigests(xxh3: finishedPlanes, sha256: sha256)
  }
}
