// The work of `skyquant quantize`, from the model on disk to the checkpoint on disk.
import Basics
import Calibration
import JSON
import LayerSearch
import ModelConfig
import ModelFiles
import ModelInputs
import ReferenceModel
import Storage
import Tensors

struct QuantizationJob {
  let source: String
  let destination: String
  let calibration: SampleSource
  let heldOutEvery: Int
  let tokenWeighting: TokenWeighting
  let overwrites: Bool
  let prompt: PromptSettings
  let options: QuantizationOptions
  /// Bytes that may be spent on linears that stay in 16 bit.
  let sixteenBitBudget: SixteenBitBudget?
  /// What to do about damaged weights.
  let sourceOptions: SourceOptions
  /// Whether to go on with a stopped run.
  let resumes: Bool
  /// Seconds after which work is secured.
  let checkpointInterval: Double
  /// Directory for what it cost each linear, if that is wanted.
  let report: String?

  func run(_ progress: inout Progress) throws -> QuantizationSummary {
    let file = try ModelFile.open(source)
    try requireQuantizable(file)
    var outputs = try QuantizationOutputs(self, file)
    progress.warn(ofDirectoriesIn: source, file.directoryNames)
    let audit = try sourceOptions.audit(file, &progress)
    let model = try VisionLanguageModel(weights: file.weights, config: file.config)
    var set = try calibrationSet(file, &progress)
    try outputs.requireRoom(tokenCount: set.tokenCount)
    try set.embed(model, &progress)
    let recipe = RunRecipe(
      options: options, sixteenBitBytes: sixteenBitBudget?.bytes, prompt: prompt, source: file, samples: set)
    var checkpoints = RunCheckpoints(
      recipe: try recipe.json, sources: audit.digests, interval: checkpointInterval, now: progress.elapsed)
    let resumed = try checkpoints.resumed(file, set.samples, &outputs.folder)
    if let resumed { progress.event("going on after \(resumed.layerCount) of \(model.language.layerCount) layers") }

    var options = options
    let kept = try resumed.map { Set($0.notes.kept) } ?? modulesToKeep(file, model, set.samples, &progress)
    if !kept.isEmpty {
      let isIncluded = options.isIncluded
      options.isIncluded = { !kept.contains($0) && isIncluded($0) }
    }
    var summary = QuantizationSummary(
      source: source, destination: destination, options: options, seesImages: file.config.multimodal != nil,
      sources: audit.digests, kept: kept.sorted())
    if let notes = resumed?.notes {
      summary.add(notes)
    } else {
      summary.add(warnings: audit.findings.map(\.description))
    }
    for warning in summary.warnings { progress.warning(warning) }

    var writer = try AWQCheckpointWriter(
      source: file, scheme: options.scheme, in: outputs.folder,
      resuming: resumed.map { ($0.layerCount, $0.shardDigests) }, quantizes: options.isIncluded)
    let quantizer = ModelQuantizer(model: model.language, config: file.config.text, options: options)
    var steps = StepCount(layers: model.language.layerCount, finished: resumed?.layerCount ?? 0)
    try quantizer.run(set.samples, resuming: resumed.map { ($0.layerCount, $0.state) }) { event in
      switch event {
      case .site(let layer, let site): steps.advance(&progress, "layer \(layer) \(site.rawValue)")
      case .layer(let layer, let state):
        try writer.write(LayerOutput(layer), layer: layer.index)
        file.releasePages()
        summary.add(layer)
        for line in summary.lines(of: layer) { progress.event(line) }
        for warning in layer.warnings { progress.warning(warning) }
        try checkpoints.secure(
          writer, layerCount: layer.index + 1, state: state, notes: summary.notes, now: progress.elapsed)
      }
    }
    progress.finish()
    summary.seconds = progress.elapsed
    summary.tokenCount = set.tokenCount
    try file.requireUnchanged(audit.digests)
    let checkpoint = try writer.complete(provenance: summary.json)
    // The report first: a run that is killed between the two goes on and finds what it would have written.
    try outputs.report.publish(summary.table, permissions: file.permissions)
    try checkpoint.commit()
    return summary
  }

  /// - Throws: `UserError` for a model that is quantized already, and for options that loaders could not make sense of.
  private func requireQuantizable(_ file: ModelFile) throws {
    guard file.config.quantization == nil else {
      throw UserError(description: "\(source): is quantized already; give the original model", category: .unsupported)
    }
    try file.requireWeights()
    try file.requireNames(for: .awq)
    if let modules = options.splitFusedSet(layerCount: file.config.text.layerCount) {
      throw UserError(
        description:
          "--include and --skip split \(modules.joined(separator: ", ")), which loaders fuse; take all or none",
        category: .unsupported)
    }
  }

  /// What `--keep-16bit` leaves as it is, chosen by the errors of a run that quantizes everything and writes nothing.
  private func modulesToKeep(
    _ file: ModelFile, _ model: VisionLanguageModel, _ samples: [CalibrationSample], _ progress: inout Progress
  ) throws -> Set<String> {
    guard let sixteenBitBudget else { return [] }
    var reports: [LinearReport] = []
    var steps = StepCount(layers: model.language.layerCount)
    try ModelQuantizer(model: model.language, config: file.config.text, options: options).run(samples) { event in
      switch event {
      case .site(let layer, let site): steps.advance(&progress, "first pass, layer \(layer) \(site.rawValue)")
      case .layer(let layer, _):
        reports += layer.reports
        file.releasePages()
      }
    }
    return sixteenBitBudget.modules(by: reports, scheme: options.scheme)
  }

  /// The calibration samples.
  private func calibrationSet(_ file: ModelFile, _ progress: inout Progress) throws -> CalibrationSet {
    let builder = try file.inputBuilder(prompt)
    let samples = try calibration.samples(builder) { progress.update("pictures and prompts", done: $0, total: $1) }
    return CalibrationSet(
      samples.map(\.input), weighting: tokenWeighting, heldOutEvery: heldOutEvery,
      imageContextID: builder.imageContextID)
  }
}

/// Counts the sites of a pass for the progress display.
private struct StepCount {
  let total: Int
  private var done: Int

  init(layers: Int, finished: Int = 0) {
    total = layers * LinearSite.allCases.count
    done = finished * LinearSite.allCases.count
  }

  mutating func advance(_ progress: inout Progress, _ step: String) {
    done += 1
    progress.update(step, done: done, total: total)
  }
}

extension LayerOutput {
  /// What the quantizer decided, as the writer takes it.
  init(_ layer: QuantizedLayer) {
    self.init(
      linears: Dictionary(uniqueKeysWithValues: layer.linears.map { ($0.module, $0.linear) }),
      folded: Dictionary(uniqueKeysWithValues: layer.folded.map { ($0.name, $0.values) }))
  }
}
