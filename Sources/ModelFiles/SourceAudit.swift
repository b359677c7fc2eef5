// One pass over all weights before they are used: digests of their files, and tensors that no model should have.
//
// Silent corruption is common: a shard of zeros or NaN loads everywhere and breaks only some answers.
internal import Basics
internal import Kernels
internal import Storage
internal import Synchronization
internal import Tensors

/// A tensor whose values are not to be trusted, or cannot be served everywhere.
public struct TensorFinding: Sendable, Equatable {
  /// What is wrong with it.
  public enum Kind: Sendable, Equatable {
    /// NaN or infinite values: how many, and the offset of the first in the file.
    case nonFinite(count: Int, offset: Int)
    /// A matrix of zeros only, from this offset on: a file that was not written to its end. A vector may be zero, as
    /// biases often are.
    case zero(offset: Int)
    /// Values beyond the range of half precision, in which AWQ checkpoints are served.
    case beyondHalf(largest: Float)
  }

  /// The path of the file.
  public let file: String
  /// The tensor's name there.
  public let tensor: String
  /// What is wrong.
  public let kind: Kind

  /// Whether the values are damaged.
  public var isDamage: Bool { if case .beyondHalf = kind { false } else { true } }
}

extension TensorFinding: CustomStringConvertible {
  /// One line for people.
  public var description: String { text(file: file) }

  /// The same without the directory of the file, for what is written: it names no place of this machine.
  public var note: String { text(file: file.split(separator: "/").last.map(String.init) ?? file) }

  private func text(file: String) -> String {
    let place = "\(file.displayed): tensor '\(tensor.displayed)'"
    switch kind {
    case .nonFinite(let count, let offset):
      return "\(place): \(count) values are NaN or infinite, the first at offset \(offset)"
    case .zero(let offset): return "\(place): all values are zero, from offset \(offset)"
    case .beyondHalf(let largest):
      return "\(place): |x| reaches \(largest), beyond half precision; serve in bfloat16"
    }
  }
}

/// What a pass over the weights found.
public struct SourceAudit: Sendable {
  /// The files of weights, in the order of the shards.
  public let digests: [SourceDigest]
  /// In the order of the files and of the data in them.
  public let findings: [TensorFinding]

  /// What a pass found.
  public init(digests: [SourceDigest], findings: [TensorFinding]) {
    self.digests = digests
    self.findings = findings
  }

  /// Checks that no tensor is damaged; see `TensorFinding.isDamage`.
  /// - Throws: `ModelFilesError.damagedTensors`.
  public func requireSound() throws(ModelFilesError) {
    let damaged = findings.filter(\.isDamage)
    if let first = damaged.first { throw .damagedTensors(first: first, count: damaged.count) }
  }
}

extension ModelFile {
  /// Reads all weights once, several files at a time, and gives their memory back.
  public func audited() -> SourceAudit { stored.audited { _, _ in } }

  /// The same.
  /// - Parameter onBytes: Called with the number of bytes read and of all; what it throws ends the reading.
  public func audited(onBytes: (Int, Int) throws -> Void) rethrows -> SourceAudit {
    try stored.audited(onBytes: onBytes)
  }
}

extension WeightFiles {
  /// Bytes of a file that are read between two calls of `onBytes`.
  private static let round = 256 << 20

  /// Reads all tensors once, several files at a time, and gives their memory back.
  /// - Parameter onBytes: Called with the number of bytes read and of all; what it throws ends the reading.
  public func audited(onBytes: (Int, Int) throws -> Void) rethrows -> SourceAudit {
    let files = shards.indices.map { index in
      AuditedFile(shards[index], shardNames[index], tensors.compactMap { AuditedRange($0, in: shards[index]) })
    }
    let total = shards.reduce(0) { $0 + $1.byteCount }
    var done = 0
    while done < total {
      try onBytes(done, total)
      // The largest rests first, so that no worker is left with a long one at the end.
      let round = files.filter { $0.rest > 0 }.sorted { $0.rest > $1.rest }.prefix(Parallel.threadCount)
      done += Parallel.map(round.count) { round[$0].advance(by: Self.round) }.reduce(0, +)
    }
    try onBytes(done, total)
    let parts = files.map { $0.finished() }
    return SourceAudit(digests: parts.map(\.digest), findings: parts.flatMap(\.findings))
  }
}

extension MappedFile {
  /// Its digest, under the name that the model has for it.
  func digest(named name: String) -> SourceDigest {
    let file = AuditedFile(self, name, [])
    _ = file.advance(by: byteCount)
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

/// A file that is read from its beginning to its end, by one worker at a time.
private final class AuditedFile: Sendable {
  private let name: String
  private let shard: MappedFile
  private let pass: Mutex<AuditPass>

  init(_ shard: MappedFile, _ name: String, _ tensors: [AuditedRange]) {
    self.shard = shard
    self.name = name
    pass = Mutex(AuditPass(shard, tensors))
  }

  /// Bytes that are not read yet.
  var rest: Int { shard.byteCount - pass.withLock { $0.position } }

  /// Reads on, at most `byteCount` bytes.
  /// - Returns: How many.
  func advance(by byteCount: Int) -> Int {
    pass.withLock { pass in
      let start = pass.position
      pass.advance(to: min(start + byteCount, shard.byteCount))
      return pass.position - start
    }
  }

  /// What was found in the whole file.
  func finished() -> (digest: SourceDigest, findings: [TensorFinding]) {
    pass.withLock { pass in
      (SourceDigest(name: name, byteCount: shard.byteCount, sha256: pass.digest()), pass.findings)
    }
  }
}

/// Reads one file from its beginning to its end.
private struct AuditPass: ~Copyable {
  /// Bytes that are hashed and then looked at while the cache has them; a whole number of values.
  private static let piece = 1 << 18
  /// Bytes after which memory is given back.
  private static let released = 64 << 20

  private let shard: MappedFile
  /// Tensors that are not read to their end, in the order of their bytes.
  private var tensors: ArraySlice<AuditedRange>
  /// Of the first of them.
  private var magnitudes: StoredMagnitudes?
  private var hasher = SHA256Hasher()
  private var releasedTo = 0
  private(set) var findings: [TensorFinding] = []
  /// Bytes read.
  private(set) var position = 0

  init(_ shard: MappedFile, _ tensors: [AuditedRange]) {
    self.shard = shard
    self.tensors = tensors.sorted { $0.range.lowerBound < $1.range.lowerBound }[...]
  }

  /// The digest of all bytes read; nothing can be read after that.
  mutating func digest() -> SHA256Digest {
    var whole = SHA256Hasher()
    swap(&whole, &hasher)
    return whole.finalize()
  }

  /// Reads on to `end`, and a piece further at most.
  mutating func advance(to end: Int) {
    while position < end {
      guard let tensor = tensors.first else {
        read(to: shard.byteCount) { _ in }
        continue
      }
      if position < tensor.range.lowerBound {
        read(to: tensor.range.lowerBound) { _ in }
      } else if position > tensor.range.lowerBound, magnitudes == nil {
        tensors.removeFirst()  // shares its bytes with one before it
      } else {
        look(at: tensor)
      }
    }
  }

  private mutating func look(at tensor: AuditedRange) {
    var seen = magnitudes ?? StoredMagnitudes(tensor.format)
    read(to: tensor.range.upperBound) { seen.add($0) }
    magnitudes = seen
    guard position == tensor.range.upperBound else { return }
    if let kind = kind(seen, tensor) {
      findings.append(TensorFinding(file: shard.path, tensor: tensor.name, kind: kind))
    }
    magnitudes = nil
    tensors.removeFirst()
  }

  /// Reads a piece, or what is left to `end`.
  private mutating func read(to end: Int, _ look: (RawSpan) -> Void) {
    let range = position..<min(position + Self.piece, end)
    shard.withBytes { bytes in
      let piece = bytes.extracting(range)
      hasher.update(piece)
      look(piece)
    }
    position = range.upperBound
    if position - releasedTo >= Self.released || position == shard.byteCount {
      shard.release(releasedTo..<position)
      releasedTo = position
    }
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
