// The work of `skyquant pack` and `skyquant import`: a checkpoint in, a .skyq file out.
internal import Basics
internal import JSON
internal import ModelConfig
internal import ModelFiles
public import Skyq
internal import Storage

/// A checkpoint to pack into one memory-mapped file.
public struct PackingRun: Sendable {
  /// A checkpoint directory.
  public var model: String
  /// The file to write.
  public var output: String
  /// Reports that `skyquant verify --json` printed about the model, to go along.
  public var evaluations: [String] = []
  /// Whether the checkpoint must be a quantized one, and every tensor of it is proven to come back bit by bit before
  /// the file gets its name.
  public var isProven = false
  /// Whether an existing file is replaced; then a stopped run's work is dropped.
  public var overwrites = false
  /// Whether to go on with a stopped run.
  public var resumes = false
  /// Whether weights may be NaN, infinite or all zero.
  public var allowsDamage = false

  /// A run with default settings.
  public init(model: String, output: String) {
    self.model = model
    self.output = output
  }

  /// Packs the checkpoint.
  /// - Returns: The header of the written file, and how many tensors are in it.
  /// - Throws: `ModelFilesError`, `StorageError`, `SkyqError`, what `observe` throws. Then nothing has the file's name, and
  ///   a run that `resumes` goes on behind the last secured tensor.
  public func run(_ observe: RunObserver = { _ in }) throws -> (header: SkyqHeader, tensorCount: Int) {
    let (file, reports) = try opened()
    try file.tellCarried(observe)
    let folder = try WorkFolder(for: output, making: .file, overwriting: overwrites, resuming: resumes)
    let byteCount = try SkyqPacker.byteCount(of: file)
    try folder.requireRoom(for: byteCount, largestFile: byteCount)
    let audit = try file.audited(allowsDamage: allowsDamage, observe)
    for finding in audit.findings { try observe(.warning("\(finding)")) }
    let packer = SkyqPacker(
      file, sources: audit.digests, version: Version.current, evaluations: reports)
    let header = try packer.pack(in: folder) { packed in
      guard isProven else { return }
      try file.requireReturn(from: packed) { try observe(.progress(.comparison, done: $0, total: $1)) }
    } onTensor: {
      try observe(.progress(.tensors, done: $0, total: $1))
    }
    return (header, file.tensors.count)
  }

  /// The checkpoint and the reports, if they can be packed.
  /// - Throws: as `run`.
  func opened() throws -> (model: ModelFile, reports: [(name: String, report: JSONValue)]) {
    let file = try ModelFile.open(model)
    guard !isProven || file.kind.isQuantizedCheckpoint else {
      throw ModelFilesError.unsupported(
        path: model,
        reason: "is no quantized checkpoint; `skyquant quantize` makes one, `skyquant pack` packs any model")
    }
    try file.requireWeights()
    try file.carried.requireWhole()
    try requireOutput(output, keeping: [model] + evaluations)
    return (file, try evaluations.map { try EvaluationReport.read($0) })
  }
}

extension ModelFile {
  /// Reads all weights: digests of their files, and what no model should hold.
  /// - Throws: `ModelFilesError.damagedTensors` unless `allowsDamage`; what `observe` throws.
  func audited(allowsDamage: Bool, _ observe: RunObserver) throws -> SourceAudit {
    let audit = try audited { try observe(.progress(.hashing, done: $0, total: $1)) }
    if !allowsDamage { try audit.requireSound() }
    return audit
  }

  /// Says what of the model's directory goes along and what does not, and whether names have changed.
  func tellCarried(_ observe: RunObserver) throws {
    if let wrapperPrefix {
      try observe(.warning("\(path.displayed): \(wrapperPrefix.explanation); they are read and written without it"))
    }
    try observe(.carried(model: path, carried))
  }
}
