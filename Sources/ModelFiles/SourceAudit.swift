// One pass over all weights before they are used: digests of their files, and tensors that no model should have.
//
// Silent corruption is common: a shard of zeros or NaN loads everywhere and breaks only some answers.
internal import Basics
internal import Kernels
internal import Storage

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
  /// Reads all tensors once, several files at a time, and gives their memory back.
  /// - Parameter onBytes: Called with the number of bytes read and of all; what it throws ends the reading.
  public func audited(onBytes: (Int, Int) throws -> Void) rethrows -> SourceAudit {
    let files = shards.indices.map { AuditedFile(shards[$0], shardNames[$0], tensors) }
    let total = shards.reduce(0) { $0 + $1.byteCount }
    var done = 0
    while done < total {
      try onBytes(done, total)
      // The largest rests first, so that no worker is left with a long one at the end.
      let chosen = files.filter { $0.rest > 0 }.sorted { $0.rest > $1.rest }.prefix(Parallel.threadCount)
      // A file's digest is the work of one: who has no file of his own looks at the values meanwhile.
      let works: [AuditedFile.Work] = chosen.count < Parallel.threadCount ? [.digest, .values] : [.both]
      let turns = works.flatMap { work in chosen.map { ($0, work) } }
      Parallel.forEach(turns.count) { turns[$0].0.read(turns[$0].1) }
      for file in chosen { done += file.leave() }
    }
    try onBytes(done, total)
    let parts = files.map { $0.finished() }
    return SourceAudit(digests: parts.map(\.digest), findings: parts.flatMap(\.findings))
  }
}
