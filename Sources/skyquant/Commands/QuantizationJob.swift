// The work of `skyquant quantize`, from the model on disk to the checkpoint on disk.
import AWQ
import JSON
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
  let overwrites: Bool
  let prompt: PromptSettings
  let options: QuantizationOptions

  func run(_ progress: inout Progress) throws -> QuantizationSummary {
    let file = try ModelFile.open(source)
    guard file.config.quantization == nil else {
      throw UserError(description: "\(source): is quantized already; give the original model", category: .unsupported)
    }
    if let modules = options.splitFusedSet(layerCount: file.config.text.layerCount) {
      throw UserError(
        description:
          "--include and --skip split \(modules.joined(separator: ", ")), which loaders fuse; take all or none",
        category: .unsupported)
    }
    let model = try VisionLanguageModel(weights: file.weights, config: file.config)
    var writer = try AWQCheckpointWriter(
      source: file, scheme: options.scheme, path: destination, overwriting: overwrites,
      quantizes: options.isIncluded)
    let samples = try embedded(file, model, &progress)
    let quantizer = ModelQuantizer(model: model.language, config: file.config.text, options: options)
    var summary = QuantizationSummary(source: source, destination: destination, options: options)
    let steps = model.language.layerCount * LinearSite.allCases.count
    var done = 0
    try quantizer.run(samples) { event in
      switch event {
      case .site(let layer, let site):
        done += 1
        progress.update("layer \(layer) \(site.rawValue)", done: done, total: steps)
      case .layer(let layer):
        try writer.write(LayerOutput(layer), layer: layer.index)
        summary.add(layer)
        for line in summary.lines(of: layer) { progress.event(line) }
      }
    }
    progress.finish()
    summary.seconds = progress.elapsed
    summary.tokenCount = samples.reduce(0) { $0 + $1.embeddings.rowCount }
    try writer.finish(provenance: summary.json)
    return summary
  }

  /// The calibration samples in front of the first decoder layer.
  private func embedded(_ file: ModelFile, _ model: VisionLanguageModel, _ progress: inout Progress) throws
    -> [CalibrationSample]
  {
    let builder = try InputBuilder(files: file.files, config: file.config, settings: prompt)
    let samples = try calibration.samples(builder) { progress.update("pictures and prompts", done: $0, total: $1) }
    var result: [CalibrationSample] = []
    for (index, sample) in samples.enumerated() {
      let embeddings = try model.embed(sample.input, imageContextID: builder.imageContextID)
      result.append(
        CalibrationSample(
          embeddings: embeddings, tokenWeights: [Float](repeating: 1, count: embeddings.rowCount),
          isHeldOut: heldOutEvery > 0 && samples.count > 1 && index % heldOutEvery == heldOutEvery - 1))
      progress.update("vision tower", done: index + 1, total: samples.count)
    }
    return result
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
