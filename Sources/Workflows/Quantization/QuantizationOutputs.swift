// What a quantization writes, taken possession of before the work.
internal import Calibration
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import Reports
internal import Storage

/// The work folders of a run's outputs, and what will lie in them.
struct QuantizationOutputs: ~Copyable {
  /// Where the checkpoint is made.
  var folder: WorkFolder
  /// Where the report is made.
  let report: SensitivityReport
  /// Bytes of the checkpoint.
  let byteCount: Int
  private let largestFile: Int
  /// Bytes for each token of what a stopped run goes on with.
  private let stateByteCountPerToken: Int

  /// Takes the names of the outputs of `run` and checks that there is room for them.
  /// - Throws: what `WorkFolder` throws; `StorageError.noSpace`, `beyondFileSize`.
  init(_ run: QuantizationRun, _ start: QuantizationRun.Started) throws {
    let file = start.file, options = start.options
    let config = file.config.text
    let size = try AWQCheckpointWriter.byteCount(
      file, scheme: options.scheme, widening: run.recipe.widening(of: file, options),
      shardByteCount: run.recipe.usedShardByteCount, otherCodes: options.otherCodes, quantizes: options.isIncluded)
    let streams = options.propagation == .quantized ? 2 : 1
    let folder = try WorkFolder(
      for: run.output, making: .directory, overwriting: run.overwrites, resuming: run.resumes)
    let report = try SensitivityReport(
      path: run.reportDirectory, overwriting: run.overwrites, resuming: run.resumes,
      linearCount: config.layerCount * DecoderLinear.allCases.count)
    let byteCount = size.total + run.raisedByteCount(start.selection, options)
    try folder.requireRoom(for: byteCount, largestFile: size.largestFile)
    self.byteCount = byteCount
    largestFile = size.largestFile
    stateByteCountPerToken = streams * config.hiddenSize * MemoryLayout<Float>.size
    self.folder = folder
    self.report = report
  }

  /// Takes the room that the samples' activations need: in memory, or on the disk.
  ///
  /// Checks that there is room also for what the run needs to be resumed, which grows with its samples.
  /// - Throws: `StorageError.noSpace`, `beyondFileSize`.
  func activations(_ shape: ActivationShape, inMemory: Bool) throws(StorageError) -> ActivationStore {
    let state = shape.tokenCount * stateByteCountPerToken
    let scratch = inMemory ? 0 : shape.floatCount * MemoryLayout<Float>.size
    try folder.dropScratch()
    let prepared = shape.preparedByteCount
    // The old state is there until the new one is complete.
    try folder.requireRoom(
      for: byteCount + 2 * state + scratch + prepared, largestFile: max(largestFile, state, scratch, prepared))
    return ActivationStore(shape, scratch: inMemory ? nil : try folder.makeScratch(capacity: shape.floatCount))
  }
}

/// The directory of the report: its name is taken before the work, and it is published before the checkpoint, so that
/// whoever has the checkpoint has the report.
struct SensitivityReport: ~Copyable {
  private let path: String?
  /// Nil if there is no report to write, or one that was written before the run was stopped.
  private let folder: WorkFolder?

  /// Bytes that a linear may take in both files together, generously.
  private static let byteCountPerLinear = 4096

  /// Takes the name `path`; nil if no report is wanted.
  ///
  /// A run that goes on may find the report there: killed between the report and the checkpoint, it had
  /// written it. Whether it is the right one is seen when it is published.
  /// - Throws: what `WorkFolder` throws; `StorageError.noSpace`.
  init(path: String?, overwriting: Bool, resuming: Bool, linearCount: Int) throws {
    self.path = path
    guard let path, overwriting || !resuming || SensitivityReport.read(path) == nil else {
      folder = nil
      return
    }
    let folder = try WorkFolder(for: path, making: .directory, overwriting: overwriting)
    try folder.requireRoom(for: linearCount * Self.byteCountPerLinear, largestFile: 0)
    self.folder = consume folder
  }

  /// Writes the report and gives it its name.
  /// - Throws: `StorageError`; `exists` if there is another report.
  consuming func publish(_ table: SensitivityTable, permissions: OutputPermissions) throws {
    guard let path else { return }
    let files = try table.files
    guard let folder else {
      guard SensitivityReport.read(path) == files.map(\.bytes) else { throw StorageError.exists(path: path) }
      return
    }
    var directory = try StagedDirectory(in: folder, permissions: permissions)
    for (name, bytes) in files { try directory.write(bytes, to: name) }
    try directory.commit()
  }

  /// The files of the directory `path` if it holds what a report holds.
  private static func read(_ path: String) -> [[UInt8]]? {
    guard let files = try? DirectoryFiles(path: path), files.names == ["linears.csv", "linears.json"] else {
      return nil
    }
    return files.names.compactMap { try? files.bytes(of: $0) }
  }
}
