// The work of `skyquant check`: whether the bytes of a model are still those that were written.
internal import Basics
internal import Kernels
public import ModelFiles
public import Skyq
internal import Storage

/// A look at a model's bytes.
public struct IntegrityCheck: Sendable {
  /// A .skyq file, or a checkpoint directory, whose format carries no digests.
  public var path: String
  /// Whether everything is held to what the format demands. In a .skyq file that is SHA-256, padding, values and JSON
  /// beside checksums; in a directory all weights are read, and not only headers.
  public var isFull: Bool
  /// Which tensors of a .skyq file are checked. In a directory always all are.
  public var subset: SkyqCheckSubset

  /// A check of `path`.
  public init(path: String, isFull: Bool = false, subset: SkyqCheckSubset = .whole) {
    self.path = path
    self.isFull = isFull
    self.subset = subset
  }

  /// What was found.
  public struct Result: Sendable {
    /// Parts of a .skyq file, or files of weights.
    public let parts: Int
    /// Bytes read of them; headers are not counted.
    public let byteCount: Int
    /// One line each.
    public let problems: [String]
    /// SHA-256 of the files of weights of a directory; empty unless everything was read.
    public let digests: [SourceDigest]
  }

  /// Whether `path` is a .skyq file, which alone has checksums.
  public var hasChecksums: Bool { path.hasSuffix(".skyq") || !isOfSafetensors }

  private var isOfSafetensors: Bool {
    path.hasSuffix(".safetensors") || (try? HubCache.resolved(path)).map(isDirectory) == true
  }

  /// Checks the model.
  /// - Throws: for the first fault of headers and index, as opening the model does; what `observe` throws.
  public func run(_ observe: RunObserver = { _ in }) throws -> Result {
    hasChecksums ? try file(observe) : try checkpoint(observe)
  }

  /// All problems in file order, some parts at a time so that progress can be told.
  private func file(_ observe: RunObserver) throws -> Result {
    let level: SkyqCheckLevel = isFull ? .full : .quick
    let file = try SkyqFile(path: path)
    let items = file.checkItems(level, subset: subset)
    let batch = 32
    var problems: [SkyqError] = []
    for start in stride(from: 0, to: items.count, by: batch) {
      let part = Array(items[start..<min(start + batch, items.count)])
      problems += Parallel.map(part.count) { file.check(part[$0], level: level) }.compactMap(\.self)
      try observe(.progress(.parts, done: start + part.count, total: items.count))
    }
    return Result(
      parts: items.count, byteCount: items.reduce(0) { $0 + $1.byteCount }, problems: problems.map(\.description),
      digests: [])
  }

  /// The Hugging Face cache names a file of weights by its SHA-256, and such a name must be true.
  ///
  /// What is no model of ours is checked all the same; what is malformed in it beside the weights is a problem.
  private func checkpoint(_ observe: RunObserver) throws -> Result {
    let listing = try ModelListing.open(path), files = listing.weights
    if let note = listing.note { try observe(.warning(note)) }
    let refusal = listing.refusal.flatMap { $0.category == .malformedInput ? "\($0)" : nil }
    let malformed = [refusal, listing.carried.problem].compactMap(\.self)
    guard isFull else { return Result(parts: files.count, byteCount: 0, problems: malformed, digests: []) }
    let audit = try files.audited { try observe(.progress(.readingWeights, done: $0, total: $1)) }
    let misnamed = zip(files.diskNames, audit.digests).filter { name, file in
      SHA256Digest(hexadecimal: name).map { $0 != file.sha256 } ?? false
    }
    return Result(
      parts: files.count, byteCount: audit.digests.reduce(0) { $0 + $1.byteCount },
      problems: malformed
        + misnamed.map { "\(path.displayed): blob \($0) has the SHA-256 \($1.sha256); download it again" }
        + audit.findings.filter(\.isDamage).map(\.description),
      digests: audit.digests)
  }
}
