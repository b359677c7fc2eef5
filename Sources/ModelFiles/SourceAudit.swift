// One pass over all weights before they are used: digests of their files, and tensors that no model should have.
//
// Silent corruption is common: a shard of zeros or NaN loads everywhere and breaks only some answers.
internal import Basics
internal import Kernels
internal import Storage
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

  /// Checks that no tensor is damaged; see `TensorFinding.isDamage`.
  /// - Throws: `ModelFilesError.damagedTensors`.
  public func requireSound() throws(ModelFilesError) {
    let damaged = findings.filter(\.isDamage)
    if let first = damaged.first { throw .damagedTensors(first: first, count: damaged.count) }
  }
}

extension ModelFile {
  /// Reads all weights once, several files at a time, and gives their memory back.
  public func audited() -> SourceAudit {
    let parts = Parallel.map(shards.count) { index in
      let shard = shards[index]
      let ranges = tensors.compactMap { AuditedRange($0, in: shard) }
      var pass = AuditPass(shard, name: shardNames[index])
      for range in ranges.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) { pass.read(range) }
      return pass.finished()
    }
    return SourceAudit(digests: parts.map(\.digest), findings: parts.flatMap(\.findings))
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

extension MappedFile {
  /// Its digest, under the name that the model has for it.
  func digest(named name: String) -> SourceDigest { AuditPass(self, name: name).finished().digest }
}

/// Reads one file from its beginning to its end.
private struct AuditPass: ~Copyable {
  /// Bytes that are hashed and then looked at while the cache has them; a whole number of values.
  private static let piece = 1 << 18
  /// Bytes after which memory is given back.
  private static let released = 64 << 20

  private let shard: MappedFile
  private let name: String
  private var hasher = SHA256Hasher()
  private var findings: [TensorFinding] = []
  private var position = 0
  private var releasedTo = 0

  init(_ shard: MappedFile, name: String) {
    self.shard = shard
    self.name = name
  }

  /// Reads on to the end of a tensor.
  mutating func read(_ tensor: AuditedRange) {
    advance(to: tensor.range.lowerBound) { _ in }
    guard position == tensor.range.lowerBound else { return }  // shares its bytes with one before it
    var magnitudes = StoredMagnitudes(tensor.format)
    advance(to: tensor.range.upperBound) { magnitudes.add($0) }
    if let kind = kind(magnitudes, tensor) {
      findings.append(TensorFinding(file: shard.path, tensor: tensor.name, kind: kind))
    }
  }

  /// Reads what is left.
  consuming func finished() -> (digest: SourceDigest, findings: [TensorFinding]) {
    advance(to: shard.byteCount) { _ in }
    return (SourceDigest(name: name, byteCount: shard.byteCount, sha256: hasher.finalize()), findings)
  }

  private mutating func advance(to end: Int, _ look: (RawSpan) -> Void) {
    while position < end {
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
