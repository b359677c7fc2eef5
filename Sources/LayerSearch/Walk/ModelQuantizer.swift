// Quantizes a language model, one decoder layer in memory at a time.
public import Basics
public import Calibration
public import ModelConfig
public import Quantization
public import ReferenceModel
public import Tensors

/// What the user decides.
public struct QuantizationOptions: Sendable {
  /// Bits and group size.
  public var scheme: QuantizationScheme
  /// Codes of modules, by canonical name, that are not those of the scheme. Groups are the same.
  public var otherCodes: [String: CodeScheme] = [:]
  /// How scales, ranges and codes are found.
  public var method: QuantizationMethod
  /// Which activations the statistics come from.
  public var propagation: Propagation
  /// Share of the Hessian's mean diagonal added to its diagonal before codes are fitted to it. More of it fits the
  /// calibration tokens less closely and other texts better: see Formats/quantization.md.
  public var damping = defaultDamping
  /// Share of the Hessian's mean diagonal added to its diagonal before weights are corrected for the drift of their
  /// inputs. On SmolLM2-135M 0.05 was no worse than 0.01 and 0.001 was.
  public var correctionDamping = defaultCorrectionDamping
  /// Steps of the method left out, to measure what each is worth.
  public var omitted: Set<QuantizationStep> = []
  /// Inputs with more features than this are cut into blocks that are searched on their own: a Gram matrix grows with
  /// the square of its size, and the 27,648 features of a 38B model's down_proj would take 6 GB for each sum.
  public var widestGram = 8192
  /// Whether it is measured what each linear would lose with more bits; no result depends on it.
  public var measuresRaisedErrors = false
  /// Whether a module, by canonical name, may be quantized.
  public var isIncluded: @Sendable (_ module: String) -> Bool
  /// What the model's own files call a module of this canonical name; reports and messages call it so.
  public var fileName: @Sendable (_ module: String) -> String = { $0 }

  /// `damping` unless the user says otherwise.
  public static let defaultDamping = 0.2

  /// `correctionDamping` unless the user says otherwise.
  public static let defaultCorrectionDamping = 0.05

  /// The steps that are taken.
  public var steps: Set<QuantizationStep> { method.steps.subtracting(omitted) }

  /// Options for all linears of the language model unless `isIncluded` says otherwise.
  public init(
    scheme: QuantizationScheme, method: QuantizationMethod, propagation: Propagation = .float,
    isIncluded: @escaping @Sendable (_ module: String) -> Bool = { _ in true }
  ) {
    self.scheme = scheme
    self.method = method
    self.propagation = propagation
    self.isIncluded = isIncluded
  }

  /// What the module `module`, by canonical name, is quantized to if it is.
  public func scheme(of module: String) -> QuantizationScheme {
    otherCodes[module].flatMap { QuantizationScheme(groupSize: scheme.groupSize, codes: $0) } ?? scheme
  }

  /// The same of a module by the name that reports have for it.
  public func scheme(reported name: String) -> QuantizationScheme {
    otherCodes.keys.first { fileName($0) == name }.map(scheme(of:)) ?? scheme
  }

  /// The first set of linears that loaders fuse (q, k, v and gate, up) of which some would be quantized and some not, or
  /// to other codes; vLLM cannot load such a layer.
  public func splitFusedSet(layerCount: Int) -> [String]? {
    for layer in 0..<layerCount {
      for set in DecoderLinear.fusedSets {
        let modules = set.map { $0.moduleName(layer: layer) }
        if Set(modules.map { isIncluded($0) ? scheme(of: $0) : nil }).count > 1 { return modules.map(fileName) }
      }
    }
    return nil
  }

  /// Whether the linear `module` with this weight becomes codes.
  public func quantizes(_ module: String, _ weight: any WeightMatrix) -> Bool {
    isIncluded(module) && scheme.fits(outFeatures: weight.rows, inFeatures: weight.columns)
  }
}

/// What the search has made of a decoder layer, and found on the way.
public struct LayerOutcome: Sendable {
  /// The layer's number.
  public var index: Int
  /// What changed.
  public var layer: QuantizedLayer
  /// One report per quantized linear, in the layer's order.
  public var reports: [LinearReport]
  /// What is to be known about the layer, one line each.
  public var warnings: [String]
  /// What each linear would lose with more bits, by the name in its report; nothing unless that was asked for.
  public var raisedErrors: [String: RaisedErrors] = [:]

  /// A layer of which nothing changed.
  package init(index: Int, reports: [LinearReport] = [], warnings: [String] = []) {
    self.index = index
    layer = QuantizedLayer()
    self.reports = reports
    self.warnings = warnings
  }
}

/// A step of the way, for progress displays.
public enum QuantizationEvent: Sendable {
  /// One site of a layer is done.
  case site(layer: Int, site: LinearSite)
  /// A layer is done, and the streams are where the next one begins.
  case layer(LayerOutcome, ActivationStore)
}

/// Walks through the decoder and quantizes it.
public struct ModelQuantizer {
  private let model: LanguageModel
  private let config: TextConfig
  private let options: QuantizationOptions

  /// A quantizer of `model`.
  public init(model: LanguageModel, config: TextConfig, options: QuantizationOptions) {
    self.model = model
    self.config = config
    self.options = options
  }

  /// Quantizes every layer in order and reports each as soon as it is done.
  ///
  /// - Parameters:
  ///   - samples: Without any, every method falls back to plain rounding.
  ///   - activations: Theirs, in front of the first layer, or where they were behind the last finished one.
  ///   - finishedLayers: How many layers an earlier run of the same samples has finished.
  ///   - memory: What may be in memory at the same time; changes no result.
  ///   - onEvent: Called on the way; what it throws ends the run.
  /// - Throws: `QuantizationError`, `StorageError` of a scratch file, what reading weights or `onEvent` throws.
  public func run(
    _ samples: [CalibrationSample], _ activations: consuming ActivationStore, after finishedLayers: Int = 0,
    memory: QuantizationMemory = .unlimited, onEvent: (QuantizationEvent) throws -> Void
  ) throws {
    if finishedLayers == 0 { try activations.begin() }
    var streams = CalibrationStreams(
      samples, activations, model: model, followsResidual: options.steps.contains(.residual),
      memory: memory.calibration)
    for index in finishedLayers..<model.layerCount {
      var quantizer = LayerQuantizer(
        index: index, layer: try model.layer(index), config: config, options: options,
        keptTargets: memory.keptTargets)
      let outcome = try quantizer.run(&streams) { site in
        try onEvent(.site(layer: index, site: site))
      }
      try onEvent(.layer(outcome, streams.activations))
    }
  }
}

/// A failure that is the input's fault.
public enum QuantizationError: CategorizedError, Equatable {
  /// A weight that no code can stand for.
  case nonFiniteWeight(module: String, row: Int, column: Int)

  /// What kind of failure this is.
  public var category: FailureCategory { .malformedInput }

  /// One line for people.
  public var description: String {
    switch self {
    case .nonFiniteWeight(let module, let row, let column):
      "\(module).weight: NaN or infinite at row \(row), column \(column); the shard is damaged, download it again"
    }
  }
}
