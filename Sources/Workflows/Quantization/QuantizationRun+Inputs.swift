// What a quantization is given and what it may take: its samples, and a plan of memory for them.
internal import Basics
internal import Calibration
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel

extension QuantizationRun {
  func activationShape(
    _ file: ModelFile, _ options: QuantizationOptions, _ tokenCounts: [Int]
  ) -> ActivationShape {
    ActivationShape(
      tokenCounts: tokenCounts, config: file.config.text, propagation: options.propagation,
      keepsEmbeddings: recipe.choosesByErrors)
  }

  /// What has to be given up to keep within `limit`; before the samples are known, whether it can be kept at all.
  /// - Throws: `MemoryShortage`.
  func memoryPlan(
    _ file: ModelFile, _ options: QuantizationOptions, _ samples: (set: CalibrationSet, model: LoadedModel)?,
    _ limit: MemoryLimit, outsideByteCount: Int = 0
  ) throws(MemoryShortage) -> MemoryPlan {
    // One token at least, if there will be samples.
    let tokenCounts = samples?.set.tokenCounts ?? (recipe.samples.isEmpty ? [] : [1])
    let pictures = samples?.set.pictureByteCount ?? 0
    let tower = samples.map { $0.model.model.vision?.workingByteCount(tiles: $0.set.tileCount) ?? 0 } ?? 0
    let pictureByteCount = pictures + tower + (tower > 0 ? file.largestVisionPartByteCount : 0)
    let demand = MemoryDemand(
      config: file.config.text, options: options, shape: activationShape(file, options, tokenCounts),
      hasHeldOut: samples?.set.hasHeldOut ?? false,
      residentByteCount: max(0, AvailableMemory().ownByteCount - pictures),
      layerByteCount: file.largestLayerByteCount, pictureByteCount: pictureByteCount, outsideByteCount: outsideByteCount
    )
    return try MemoryPlan(demand, limit: limit.byteCount)
  }

  /// The calibration samples.
  func calibrationSet(
    _ loaded: LoadedModel, noting files: inout CalibrationFiles, _ observe: RunObserver
  ) throws -> CalibrationSet {
    let samples = try recipe.samples.samples(loaded.builder, noting: &files) {
      try observe(.progress(.prompts, done: $0, total: $1))
    }
    guard recipe.samples.isEmpty || !samples.isEmpty else {
      throw WorkflowError.nothingToCalibrateOn(path: recipe.samples.name)
    }
    var set = CalibrationSet(
      samples.map(\.input), weighting: recipe.resolvedTokenWeighting, heldOutEvery: recipe.heldOutEvery,
      imageContextID: loaded.builder.imageContextID)
    set.notes = try recipe.samples.notes() + samples.flatMap(\.input.remarks)
    if set.hasQuestions { set.notes += loaded.promptNotes }
    for note in set.notes { try observe(.warning(note)) }
    if !samples.isEmpty {
      set.lacks = set.lacks(
        seesPictures: loaded.file.config.multimodal != nil, holdsOut: recipe.heldOutEvery > 0,
        hasAnswers: samples.contains { $0.question.answer != nil })
    }
    return set
  }
}
