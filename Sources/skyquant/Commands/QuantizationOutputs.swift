// What `skyquant quantize` writes, taken possession of before the work.
import Calibration
import LayerSearch
import ModelConfig
import ModelFiles
import Storage

/// The work folders of a run's outputs, and what will lie in them.
struct QuantizationOutputs: ~Copyable {
  /// Where the checkpoint is made.
  var folder: WorkFolder
  /// What `--report` asks for.
  let report: SensitivityReport
  private let byteCount: Int
  private let largestFile: Int
  /// Bytes of a checkpoint of the run for each token.
  private let stateByteCountPerToken: Int

  /// Takes the names of the outputs of `job` and checks that there is room for them.
  /// - Throws: what `WorkFolder` throws; `StorageError.noSpace`, `beyondFileSize`.
  init(_ job: QuantizationJob, _ file: ModelFile) throws {
    let config = file.config.text
    let size = try AWQCheckpointWriter.byteCount(
      file, scheme: job.options.scheme, quantizes: job.options.isIncluded)
    let streams = job.options.propagation == .quantized ? 2 : 1
    let folder = try WorkFolder(
      for: job.destination, making: .directory, overwriting: job.overwrites, resuming: job.resumes)
    let report = try SensitivityReport(
      path: job.report, overwriting: job.overwrites, resuming: job.resumes,
      linearCount: config.layerCount * DecoderLinear.allCases.count)
    let byteCount = size.total + (job.sixteenBitBudget?.bytes ?? 0)
    try folder.requireRoom(for: byteCount, largestFile: size.largestFile)
    self.byteCount = byteCount
    largestFile = size.largestFile
    stateByteCountPerToken = streams * config.hiddenSize * MemoryLayout<Float>.size
    self.folder = folder
    self.report = report
  }

  /// Checks that there is room also for what the run needs to be resumed, which grows with its samples.
  /// - Throws: `StorageError.noSpace`, `beyondFileSize`.
  func requireRoom(tokenCount: Int) throws(StorageError) {
    let state = tokenCount * stateByteCountPerToken
    // The old state is there until the new one is complete.
    try folder.requireRoom(for: byteCount + 2 * state, largestFile: max(largestFile, state))
  }
}
