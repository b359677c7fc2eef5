// One way through the decoder, and the time that a run takes.
internal import Calibration
internal import LayerSearch
internal import Glibc
internal import ModelConfig
internal import ModelFiles
internal import ReferenceModel

/// A model, its samples and how it is quantized.
struct QuantizationPass {
  let model: LoadedModel
  let samples: [CalibrationSample]
  private(set) var options: QuantizationOptions
  /// Layers that an earlier run has finished.
  let finishedLayers: Int
  private let memory: QuantizationMemory

  init(
    model: LoadedModel, samples: [CalibrationSample], options: QuantizationOptions, finishedLayers: Int,
    memory: QuantizationMemory
  ) {
    self.model = model
    self.samples = samples
    self.options = options
    self.finishedLayers = finishedLayers
    self.memory = memory
  }

  /// The same pass with other options.
  func with(_ options: QuantizationOptions) -> QuantizationPass {
    var pass = self
    pass.options = options
    return pass
  }

  /// Quantizes all layers but the finished ones.
  /// - Parameters:
  ///   - activations: Of the samples, in front of the first layer, or behind the last finished one.
  ///   - stage: What the progress is called.
  ///   - onLayer: Called with each layer that is done, and the activations behind it.
  func run(
    _ activations: consuming ActivationStore, stage: (Int, LinearSite) -> Stage, _ observe: RunObserver,
    onLayer: (LayerOutcome, ActivationStore) throws -> Void
  ) throws {
    let language = model.model.language
    let sites = LinearSite.allCases.count
    var done = finishedLayers * sites
    let quantizer = ModelQuantizer(model: language, config: model.file.config.text, options: options)
    try quantizer.run(samples, activations, after: finishedLayers, memory: memory) { event in
      switch event {
      case .site(let layer, let site):
        done += 1
        model.file.releasePages()
        try observe(.progress(stage(layer, site), done: done, total: language.layerCount * sites))
      case .layer(let outcome, let activations):
        try onLayer(outcome, activations)
        model.file.releasePages()
      }
    }
  }
}

/// Seconds since it was made.
struct RunClock {
  private let start = RunClock.now

  /// Time that the system slept does not count.
  var elapsed: Double { RunClock.now - start }

  private static var now: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
