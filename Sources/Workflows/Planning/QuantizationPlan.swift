// What a quantization will take, told before it: bytes, memory, time.
internal import Calibration
internal import JSON
internal import Kernels
public import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import Quantization
internal import ReferenceModel
internal import Storage

/// What a run will take.
public struct QuantizationPlan: Sendable {
  /// Samples, their tokens, and tiles of their pictures.
  public var sampleCount = 0, tokenCount = 0, tileCount = 0
  /// Bytes of the checkpoint.
  public let outputByteCount: Int
  /// Bytes that are on the disk at the same time, at most: the checkpoint, what the run needs to be resumed, activations
  /// that do not fit into memory.
  public let diskByteCount: Int
  /// How the run keeps within its limit of memory.
  public let memory: MemoryPlan
  /// The limit.
  public let limit: MemoryLimit
  /// How long the stages take.
  public let stages: RunPlan
  /// What that may be wrong by, as a share of it.
  public let uncertainty: Double
  /// Which linears become codes.
  public let linears: LinearCoverage
}

extension QuantizationRun {
  /// What the run will take. Nothing is written; this machine's kernels and disk are tried for some seconds.
  /// - Throws: as `run`, for what it would refuse before the work.
  public func plan(_ observe: RunObserver = { _ in }) throws -> QuantizationPlan {
    let start = try started()
    let file = start.file, options = start.options
    try requireRoom(0)
    try file.tellCarried(observe)
    let loaded = try LoadedModel(file, prompt: recipe.prompt, numericMode: recipe.numericMode.mode)
    var files = CalibrationFiles()
    let clock = RunClock()
    let set = try calibrationSet(loaded, noting: &files, observe)
    let promptSeconds = clock.elapsed
    let outside = try OutsideCalibration(start.selection, options, set, loaded)
    let memory = try memoryPlan(
      file, options, (set, loaded), start.limit, outsideByteCount: outside.workingByteCount)
    let size = try AWQCheckpointWriter.byteCount(
      file, scheme: options.scheme, widening: recipe.widening(of: file, options),
      shardByteCount: recipe.usedShardByteCount, otherCodes: options.otherCodes, quantizes: options.isIncluded)
    let byteCount = size.total + raisedByteCount(start.selection, options)
    let shape = activationShape(file, options, set.tokenCounts)
    let state = 2 * shape.tokenCount * shape.streams.count * file.config.text.hiddenSize * MemoryLayout<Float>.size
    let disk =
      byteCount + state + shape.preparedByteCount
      + (memory.keepsActivations ? 0 : memory.activationByteCount)
    try requireRoom(disk)
    let stages = try stages(loaded, start, set, outside, promptSeconds: promptSeconds, outputByteCount: byteCount)
    return QuantizationPlan(
      sampleCount: set.tokenCounts.count, tokenCount: shape.tokenCount, tileCount: set.tileCount,
      outputByteCount: byteCount, diskByteCount: disk,
      memory: memory, limit: start.limit,
      stages: stages.plan, uncertainty: stages.uncertainty,
      linears: LinearCoverage(start.selection))
  }

  /// Checks that the outputs may get their names, and that there is room for them.
  private func requireRoom(_ byteCount: Int) throws {
    for (path, byteCount) in [(output, byteCount)] + [reportDirectory].compactMap(\.self).map({ ($0, 0) }) {
      try WorkFolder.requirePossible(
        for: path, making: .directory, overwriting: overwrites, resuming: resumes, byteCount: byteCount)
    }
  }

  /// Other work on a machine, and shapes that are not those measured.
  private static let leastUncertainty = 0.15

  /// How long each stage takes.
  func stages(
    _ model: LoadedModel, _ start: Started, _ set: CalibrationSet, _ outside: OutsideCalibration,
    promptSeconds: Double = 0, outputByteCount: Int
  ) throws -> (plan: RunPlan, uncertainty: Double) {
    let file = start.file, config = file.config.text, mode = model.model.numericMode
    let rates = try WorkRates(measuring: start.options, in: mode)
    let layer = LayerWork(config, start.options, tokenCounts: set.tokenCounts)
    let seconds = rates.seconds(layer.total) * Double(config.layerCount)
    let disk = file.largestWeightFile.flatMap(StorageProbe.reading) ?? .infinity
    let read = Double(file.weightByteCount) / disk
    let fits = file.weightByteCount < AvailableMemory().byteCount ?? 0
    let writing = Double(outputByteCount) / (StorageProbe.writing(beside: output) ?? .infinity)
    var stages = [
      StageEstimate(.prompts, seconds: promptSeconds), StageEstimate(.hashing, seconds: max(read, file.hashingSeconds)),
    ]
    if set.tileCount > 0 {
      stages.append(StageEstimate(.visionTower, seconds: try model.tileSeconds() * Double(set.tileCount)))
    }
    if !outside.linears.isEmpty {
      let passing = outside.tileCount > 0 ? try model.tileSeconds() * Double(outside.tileCount) : 0
      stages.append(StageEstimate(.outside, seconds: passing + rates.seconds(outside.work)))
    }
    if recipe.choosesByErrors { stages.append(StageEstimate(.measuring, seconds: seconds)) }
    // Weights that are not in memory any more come from the disk once more, those of later layers meanwhile.
    stages.append(StageEstimate(.quantizing, seconds: max(seconds, fits ? 0 : read) + writing))
    // The way out of a layer is gone when the next one's first site is asked for.
    let works = [layer.sites[0] + layer.rest] + layer.sites.dropFirst()
    let weights = zip(LinearSite.allCases, works).map { ($0, rates.seconds($1)) }
    let plan = RunPlan(
      stages: stages, layerCount: config.layerCount, siteWeights: Dictionary(uniqueKeysWithValues: weights))
    return (plan, max(Self.leastUncertainty, rates.uncertainty))
  }
}

/// Which linears of a model become codes.
public struct LinearCoverage: Sendable, Equatable {
  /// How many do, and how many of them to codes of eight bits; how many there are.
  public let quantizedCount: Int, eightBitCount: Int, count: Int
  /// Linears of a layer that cannot, since the group size does not divide their inputs or 8 their outputs, with both.
  public let unfit: [(name: String, inFeatures: Int, outFeatures: Int)]

  init(_ selection: LinearSelection) {
    unfit = DecoderLinear.allCases.compactMap { linear in
      selection.unfit.first { $0.linear == linear }.map { (linear.component, $0.inFeatures, $0.outFeatures) }
    }
    count = selection.all.count
    quantizedCount = selection.quantized.count
    eightBitCount = selection.eightBitCount
  }

  public static func == (a: LinearCoverage, b: LinearCoverage) -> Bool {
    a.quantizedCount == b.quantizedCount && a.eightBitCount == b.eightBitCount && a.count == b.count
      && a.unfit.elementsEqual(b.unfit, by: ==)
  }
}
