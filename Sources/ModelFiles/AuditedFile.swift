// A file of weights that is read once: the digest of its bytes, and a look at the values in them.
internal import Kernels
internal import Storage
internal import Synchronization
internal import Tensors

/// A file that is read from its beginning to its end, a stretch at a time. Bytes are hashed and values looked at together,
/// or by two workers.
final class AuditedFile: Sendable {
  /// What a worker does of a stretch.
  enum Work { case digest, values, both }

  /// Bytes after which memory is given back and progress can be told.
  private static let stretch = 16 << 20
  /// Bytes that are hashed and then looked at while the cache has them.
  private static let piece = 1 << 18

  private let name: String
  private let shard: MappedFile
  private let hasher = Mutex(SHA256Hasher())
  private let values: Mutex<ValuePass>
  /// Where the stretch begins that is read next.
  private let position = Mutex(0)

  /// - Parameter tensors: Tensors of this file and perhaps of others.
  init(_ shard: MappedFile, _ name: String, _ tensors: [StoredTensor]) {
    self.shard = shard
    self.name = name
    values = Mutex(ValuePass(shard, tensors.compactMap { AuditedRange($0, in: shard) }))
  }

  /// Bytes that are not read yet.
  var rest: Int { shard.byteCount - position.withLock { $0 } }

  private var next: Range<Int> {
    let start = position.withLock { $0 }
    return start..<min(start + Self.stretch, shard.byteCount)
  }

  /// Reads the next stretch. Each worker may do another part of the work.
  func read(_ work: Work) {
    let stretch = next
    if work != .values { shard.prefetch(stretch.upperBound..<min(stretch.upperBound + Self.stretch, shard.byteCount)) }
    for start in stride(from: stretch.lowerBound, to: stretch.upperBound, by: Self.piece) {
      let piece = start..<min(start + Self.piece, stretch.upperBound)
      if work != .values { hasher.withLock { hasher in shard.withBytes { hasher.update($0.extracting(piece)) } } }
      if work != .digest { values.withLock { $0.advance(to: piece.upperBound) } }
    }
  }

  /// Gives back the memory of the stretch, of which everything has been read, and goes on to the one behind it.
  /// - Returns: Its bytes.
  func leave() -> Int {
    let stretch = next
    shard.release(stretch)
    position.withLock { $0 = stretch.upperBound }
    return stretch.count
  }

  /// What was found in the whole file. Nothing can be read after that.
  func finished() -> (digest: SourceDigest, findings: [TensorFinding]) {
    let digest = hasher.withLock { exchange(&$0, with: SHA256Hasher()).finalize() }
    return (SourceDigest(name: name, byteCount: shard.byteCount, sha256: digest), values.withLock { $0.findings })
  }
}

extension MappedFile {
  /// Its digest, under the name that the model has for it.
  func digest(named name: String) -> SourceDigest {
    let file = AuditedFile(self, name, [])
    while file.rest > 0 {
      file.read(.digest)
      _ = file.leave()
    }
    return file.finished().digest
  }
}

/// A tensor of floats in a file.
private struct AuditedRange {
  let name: String
  let rank: Int
  let format: FloatFormat
  let range: Range<Int>

  init?(_ tensor: StoredTensor, in shard: MappedFile) {
    guard case .dense(let dtype) = tensor.encoding, let format = FloatFormat(dtype),
      let range = tensor.denseRange(in: shard)
    else { return nil }
    name = tensor.name
    rank = tensor.shape.rank
    self.format = format
    self.range = range
  }
}

/// Looks at the values of a file from its beginning to its end.
private struct ValuePass {
  private let shard: MappedFile
  /// Tensors that are not seen to their end, in the order of their bytes.
  private var tensors: ArraySlice<AuditedRange>
  /// Of the first of them; nil if nothing of it was looked at.
  private var magnitudes: StoredMagnitudes?
  /// Where the values end that were looked at.
  private var position = 0
  private(set) var findings: [TensorFinding] = []

  init(_ shard: MappedFile, _ tensors: [AuditedRange]) {
    self.shard = shard
    self.tensors = tensors.sorted { $0.range.lowerBound < $1.range.lowerBound }[...]
  }

  /// Looks at all values that end before `end`.
  mutating func advance(to end: Int) {
    while let tensor = tensors.first {
      let isSeen = magnitudes == nil && tensor.range.lowerBound < position  // shares its bytes with one before it
      guard isSeen || look(at: tensor, to: end) else { return }
      tensors.removeFirst()
    }
  }

  /// Whether all of its values have been seen then.
  private mutating func look(at tensor: AuditedRange, to end: Int) -> Bool {
    let start = magnitudes == nil ? tensor.range.lowerBound : position
    guard start <= end else { return false }
    var seen = magnitudes ?? StoredMagnitudes(tensor.format)
    let byteCount = (min(end, tensor.range.upperBound) - start) / seen.byteWidth * seen.byteWidth
    shard.withBytes { seen.add($0.extracting(start..<start + byteCount)) }
    position = start + byteCount
    magnitudes = seen
    guard position == tensor.range.upperBound else { return false }
    if let kind = kind(seen, tensor) {
      findings.append(TensorFinding(file: shard.path, tensor: tensor.name, kind: kind))
    }
    magnitudes = nil
    return true
  }

  private func kind(_ magnitudes: StoredMagnitudes, _ tensor: AuditedRange) -> TensorFinding.Kind? {
    if let first = magnitudes.firstNonFinite {
      return .nonFinite(
        count: magnitudes.nonFiniteCount, offset: tensor.range.lowerBound + first * magnitudes.byteWidth)
    }
    if magnitudes.isZero, tensor.rank > 1 { return .zero(offset: tensor.range.lowerBound) }
    return magnitudes.largest > Float(Float16.greatestFiniteMagnitude) ? .beyondHalf(largest: magnitudes.largest) : nil
  }
}
