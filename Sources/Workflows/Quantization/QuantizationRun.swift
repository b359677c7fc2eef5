// The work of `skyquant quantize`, from the model on disk to the checkpoint on disk.
internal import Basics
internal import Calibration
internal import JSON
internal import Kernels
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
public import Reports
internal import Storage

/// A model to quantize, and where the result goes.
public struct QuantizationRun: Sendable {
  /// A checkpoint directory with weights in 16 or 32 bit.
  public var model: String
  /// The directory to write.
  public var output: String
  /// How it is quantized, on which samples.
  public var recipe: Recipe
  /// The recipe of an earlier run, if this one is to do the same: another version, numeric mode or calibration is
  /// told of.
  public var repeated: RecordedRecipe?
  /// Whether existing outputs are replaced; then a stopped run's work is dropped.
  public var overwrites = false
  /// Whether to go on with a stopped run.
  public var resumes = false
  /// Whether weights that are copied may be NaN, infinite or all zero.
  public var allowsDamage = false
  /// Seconds after which work is secured once more, so that a stopped run can go on from there.
  public var secureInterval = defaultSecureInterval
  /// Bytes of memory that the run may take; nil for a share of what there is, see `MemoryLimit`. The result does not
  /// depend on it.
  public var memoryLimit: Int?
  /// A directory for what it cost each linear, if that is wanted.
  public var reportDirectory: String?

  /// Where the page for people goes, if one is wanted.
  public var page: PageFile?

  /// Bytes of weights from which on a run takes so long that it tries the machine, for some seconds, to tell how long.
  private static let plannedByteCount = 4 << 30

  /// `secureInterval` unless something else is asked for.
  public static let defaultSecureInterval = 60.0

  /// A run of `recipe`.
  public init(model: String, output: String, recipe: Recipe) {
    self.model = model
    self.output = output
    self.recipe = recipe
  }

  /// A run with default settings but these.
  public init(model: String, samples: SampleSource, output: String) {
    self.init(model: model, output: output, recipe: Recipe())
    recipe.samples = samples
  }

  /// Quantizes the model. Until the directory is complete it lies in a work folder beside its name.
  /// - Returns: What it cost.
  /// - Throws: `RecipeError`, `WorkflowError`, `MemoryShortage`, and what reading the model, the samples and writing the
  ///   outputs throws; what `observe` throws. Then no output has its name, and a run that `resumes` goes on where work
  ///   was secured last.
  public func run(_ observe: RunObserver = { _ in }) throws -> QuantizationReport {
    let clock = RunClock()
    let start = try started()
    let file = start.file, options = start.options, limit = start.limit
    for warning in start.selection.warnings { try observe(.warning(warning)) }
    var outputs = try QuantizationOutputs(self, start)
    try file.tellCarried(observe)
    let loaded = try LoadedModel(file, prompt: recipe.prompt, numericMode: recipe.numericMode.mode)
    var files = CalibrationFiles()
    var set = try calibrationSet(loaded, noting: &files, observe)
    let shape = activationShape(file, options, set.tokenCounts)
    let outside = try OutsideCalibration(start.selection, options, set, loaded)
    let memory = try memoryPlan(
      file, options, (set, loaded), limit, outsideByteCount: outside.workingByteCount)
    try observe(.memory(memory, limit))
    var preparation = try Preparation(at: outputs.folder.preparedPlace, interval: secureInterval, clock: clock)
    let audit = try audit(file, &preparation, observe)
    try preparation.secure()
    if file.weightByteCount >= Self.plannedByteCount {
      try observe(.planned(stages(loaded, start, set, outside, outputByteCount: outputs.byteCount).plan))
    }
    var activations = try outputs.activations(shape, inMemory: memory.keepsActivations)
    try set.embed(loaded, into: &activations, &preparation, origin: origin(loaded, audit), observe)
    let calibration = CalibrationRecord(set, kind: recipe.samples.kind, files: files.files)
    let numericMode = loaded.model.numericMode
    try tellDifferences(calibration, numericMode: numericMode.name, observe)
    let choices = recipe.resolved(loaded, options)
    let fingerprint = RunFingerprint(
      recipe: recipe.json(numericMode: numericMode.name, resolved: choices, name: \.label), source: file, samples: set)
    var points = ResumePoints(
      recipe: try fingerprint.json, sources: audit.digests, interval: secureInterval, clock: clock)
    let resumed = try points.resumed(file, &activations, &outputs.folder)
    let layerCount = loaded.model.language.layerCount
    if let resumed { try observe(.resumed(layerCount: resumed.layerCount, of: layerCount)) }

    let pass = QuantizationPass(
      model: loaded, samples: set.samples, options: options, finishedLayers: resumed?.layerCount ?? 0,
      memory: memory.memory)
    let raised = try resumed?.notes.raised ?? raisedLinears(pass, start.selection, activations, observe)
    let raising = pass.raising(raised)
    var report = QuantizationReport(
      source: model, destination: output, version: Version.current, options: raising.options,
      recipe: .object(recipe.json(numericMode: numericMode.name, resolved: choices)),
      calibration: calibration?.json ?? .null, numericMode: numericMode.name,
      seesImages: file.config.multimodal != nil, sources: audit.digests,
      raised: raised, roundedOutside: outside.rounded, linearCount: start.selection.all.count,
      hasHeldOut: set.samples.contains(where: \.isHeldOut))
    (report.devices, report.widening) = (recipe.devices, recipe.widening(of: file, options))
    report.target = recipe.targetBitsPerWeight.map { ($0, start.selection.bitsPerWeight(raising.options)) }
    let told = start.selection.warnings + set.notes
    if let notes = resumed?.notes {
      report.add(notes)
    } else {
      report.add(warnings: told + set.lacks + audit.findings.map(\.note))
    }
    for warning in report.warnings where !told.contains(warning) { try observe(.warning(warning)) }

    var writer = try AWQCheckpointWriter(
      source: file, scheme: options.scheme, widening: recipe.widening(of: file, options), in: outputs.folder,
      shardByteCount: recipe.usedShardByteCount,
      resuming: resumed.map { ($0.layerCount, $0.shardDigests) },
      otherCodes: raising.options.otherCodes, calibrated: outside.names, quantizes: raising.options.isIncluded)
    if resumed == nil {
      try outside.fitVision(observe) { outcome in
        try writer.write(outcome.layer, of: outcome.part)
        report.add(outcome)
      }
    }
    var behind = resumed?.layerCount == layerCount ? activations : nil
    try raising.run(consume activations, stage: Stage.site, observe) { outcome, activations in
      try writer.write(outcome.layer, at: outcome.index)
      report.add(outcome)
      try observe(.quantized(outcome))
      for warning in outcome.warnings { try observe(.warning(warning)) }
      try points.secure(writer, layerCount: outcome.index + 1, activations, notes: report.notes)
      if outcome.index + 1 == layerCount { behind = activations }
    }
    if let behind {
      try outside.fitHead(set.samples, behind, observe) { outcome in
        try writer.write(outcome.layer, of: outcome.part)
        report.add(outcome)
      }
    }
    report.seconds = clock.elapsed
    report.tokenCount = shape.tokenCount
    try file.requireUnchanged(audit.digests)
    let cards = try CardFiles(recipe, of: file, report, tensorByteCount: writer.tensorByteCount)
    for note in cards.notes { try observe(.warning(note)) }
    let checkpoint = try writer.complete(
      provenance: report.json, besides: cards.files, leaving: cards.leftBehind)
    // The report first: a run that is killed between the two goes on and finds what it would have written.
    try outputs.report.publish(report.table, permissions: file.permissions)
    try page?.write(QuantizationPage(report).document, permissions: file.permissions)
    try checkpoint.commit()
    return report
  }

  /// What a run begins with.
  struct Started {
    let file: ModelFile
    let selection: LinearSelection
    let options: QuantizationOptions
    let limit: MemoryLimit
  }

  /// Opens the model, and refuses what can be refused before anything is read or written.
  func started() throws -> Started {
    try recipe.requireComplete()
    try requireOutputs()
    let file = try ModelFile.open(model)
    try requireQuantizable(file)
    let selection = try LinearSelection(recipe, of: file)
    let options = try recipe.options(selection)
    if let modules = options.splitFusedSet(layerCount: file.config.text.layerCount) {
      throw WorkflowError.splitFusedSet(modules: modules)
    }
    if let target = recipe.targetBitsPerWeight {
      try selection.requireReachable(target, recipe.raisedForms, options)
    }
    let limit = MemoryLimit(memoryLimit)
    // What samples need is not known yet.
    _ = try memoryPlan(file, options, nil, limit)
    return Started(file: file, selection: selection, options: options, limit: limit)
  }

  /// Checks that no output has the name of something that is read, or of another output.
  private func requireOutputs() throws {
    let inputs = [model] + (try recipe.samples.paths()) + [repeated?.path].compactMap(\.self)
    let reports = [reportDirectory].compactMap(\.self)
    try requireOutput(output, keeping: inputs, besides: reports)
    for report in reports { try requireOutput(report, keeping: inputs, besides: [output]) }
    try page?.requireName(keeping: inputs, besides: [output] + reports, resuming: resumes)
  }

  /// - Throws: `WorkflowError` for a model that is quantized already; for weights that config.json does not call for.
  private func requireQuantizable(_ file: ModelFile) throws {
    guard file.config.quantization == nil else { throw WorkflowError.alreadyQuantized(path: model) }
    try file.requireWeights()
    try file.requireNames()
    try file.carried.requireWhole()
  }

  /// Digests of the weights, and what no model should hold.
  private func audit(
    _ file: ModelFile, _ preparation: inout Preparation, _ observe: RunObserver
  ) throws -> SourceAudit {
    if let digests = try preparation.digests(of: file) { return SourceAudit(digests: digests, findings: []) }
    let audit = try file.audited(allowsDamage: allowsDamage, observe)
    preparation.add(audit, of: file)
    return audit
  }

  /// What tells the model's way from pixels to the decoder from others: weights, small files, this program, arithmetic.
  private func origin(_ loaded: LoadedModel, _ audit: SourceAudit) throws -> SHA256Digest {
    let files = try loaded.file.carriedDigests.map { "\($0.name) \($0.digest)" }
    let weights = audit.digests.map { "\($0.name) \($0.sha256)" }
    let program = [Version.current, loaded.model.numericMode.name]
    return SHA256Hasher.hash(Array((program + files + weights).joined(separator: "\n").utf8))
  }

  /// Says in what this run cannot be the one that `repeated` tells of.
  private func tellDifferences(
    _ calibration: CalibrationRecord?, numericMode: String, _ observe: RunObserver
  ) throws {
    guard let repeated else { return }
    if let version = repeated.version, version != Version.current {
      try observe(
        .warning("the recipe was run by skyquant \(version.displayed), this is \(Version.current): bytes may differ"))
    }
    if let mode = repeated.numericMode, mode != numericMode {
      try observe(.warning("the recipe was run with \(mode.displayed), this is \(numericMode): bytes may differ"))
    }
    if let recorded = repeated.calibration, let calibration,
      let name = recorded.firstDifference(from: calibration)
    {
      try observe(
        .warning("calibration file '\(name.displayed)' is not the one that the recipe was run with: bytes will differ"))
    }
  }
}
