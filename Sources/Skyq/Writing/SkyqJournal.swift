// How far a file has been written: the tensor at hand, and the journal of those that are finished,
// Formats/skyq.md §10.
import Basics
import Storage
import Tensors

/// The lines of a journal; `ResumableFileWriter` adds a digest to each.
///
///     skyq-journal 2 PLAN          PLAN: SHA-256 of the planned bytes before the first plane
///     INDEX OFFSET SHA256          a finished tensor: place in the table, offset of its first plane, digest
enum SkyqJournal {
  /// The line that says which plan the journal belongs to.
  static func firstLine(planDigest: SHA256Digest) -> String { "skyq-journal 2 \(planDigest)" }

  /// The line that says that a tensor is on the disk.
  static func line(index: Int, tensor: SkyqTensor, sha256: SHA256Digest) -> String {
    "\(index) \(tensor.planes.first?.offset ?? 0) \(sha256)"
  }

  /// Hashes again what the journal of `file` claims.
  /// - Returns: the digests of the tensors from the first on that are on the disk.
  /// - Throws: `StorageError.altered` for a tensor that is not as the journal says.
  static func provenDigests(
    of tensors: SkyqTensorList, in file: borrowing ResumableFileWriter
  ) throws(StorageError) -> [TensorDigests] {
    var proven: [TensorDigests] = []
    let claims = file.resumedLines.dropFirst()
    guard claims.count <= tensors.count else { throw .altered(path: file.path) }
    for (claim, tensor) in zip(claims, tensors) {
      let digests = try digestsOnDisk(of: tensor, in: file)
      guard claim == line(index: proven.count, tensor: tensor, sha256: digests.sha256) else {
        throw .altered(
          path: file.path, place: "tensor '\(tensor.name.displayed)' at offset \(tensor.planes.first?.offset ?? 0)")
      }
      proven.append(digests)
    }
    return proven
  }

  /// Checks that everything but planes and, if all of those are there, the front, which is written last, is
  /// as planned.
  /// - Throws: `StorageError.altered`.
  static func requirePlanned(
    _ plan: PlannedFile, finished: Int, in file: borrowing ResumableFileWriter
  ) throws(StorageError) {
    let header = plan.contents.header
    guard try file.byteCount == header.fileSize else { throw .altered(path: file.path, place: "the size") }
    let start = finished == plan.contents.tensors.count ? plan.front.unsealedBytes().count : 0
    guard try file.read(start..<header.dataOffset) == Array(plan.head[start...]) else {
      throw .altered(path: file.path, place: "what lies before the first plane")
    }
    var end = header.dataOffset
    for tensor in plan.contents.tensors {
      for plane in tensor.planes {
        try requireZeros(end..<plane.offset, in: file)
        end = plane.offset + plane.size
      }
    }
    try requireZeros(end..<header.fileSize, in: file)
  }

  private static func requireZeros(
    _ range: Range<Int>, in file: borrowing ResumableFileWriter
  ) throws(StorageError) {
    guard !range.isEmpty, let offset = try file.read(range).firstIndex(where: { $0 != 0 }) else { return }
    throw .altered(path: file.path, place: "the padding at offset \(range.lowerBound + offset)")
  }

  private static func digestsOnDisk(
    of tensor: SkyqTensor, in file: borrowing ResumableFileWriter
  ) throws(StorageError) -> TensorDigests {
    let chunkSize = 8 << 20
    var progress = TensorProgress()
    for plane in tensor.planes {
      for start in stride(from: 0, to: plane.size, by: chunkSize) {
        let end = min(start + chunkSize, plane.size)
        let bytes = try file.read(plane.offset + start..<plane.offset + end)
        progress.update(unsafe bytes.span.bytes)
      }
      progress.endPlane()
    }
    return progress.finish()
  }
}

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
