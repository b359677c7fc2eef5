// Every setting that shapes a quantization's result, with its default. Nothing else may: the same recipe, weights and
// samples give the same bytes.
public import Basics
public import Calibration
public import Kernels
public import LayerSearch
internal import ModelFiles
public import ModelInputs
public import Quantization
internal import Storage

/// How a model is quantized.
public struct Recipe: Sendable, Equatable {
  /// How scales, ranges and codes are found.
  public var method = QuantizationMethod.best
  /// Which integers stand for weights.
  public var codes = CodeScheme.int4
  /// Input features that share a scale and a zero: 32, 64 or 128.
  public var groupSize = 128
  /// Every N-th sample is kept aside to judge by, at least one; 0 judges by the fitted tokens.
  public var heldOutEvery = 8
  /// How little codes are fitted to the calibration tokens; see `QuantizationOptions.damping`.
  public var damping = QuantizationOptions.defaultDamping
  /// How little weights are moved towards the original's outputs; see `QuantizationOptions.correctionDamping`.
  public var correctionDamping = QuantizationOptions.defaultCorrectionDamping
  /// Inputs of more features are cut into blocks; see `QuantizationOptions.widestGram`. Nil for its default.
  public var widestGram: Int?
  /// Only linears with a name that fits one of these are quantized; all if there is none.
  public var include: [NamePattern] = []
  /// Linears with a name that fits one of these stay in 16 bit.
  public var skip: [NamePattern] = []
  /// What becomes of chosen linears; the first that fits counts, and `codes` where none does.
  public var rules: [ModuleRule] = []
  /// Which activations statistics come from; nil for the method's own choice.
  public var propagation: Propagation?
  /// How much tokens count; nil for the method's own choice.
  public var tokenWeighting: TokenWeighting?
  /// Bytes that may be spent on the linears with the largest error per byte, which then stay in 16 bit.
  public var sixteenBitBytes: Int?
  /// Bits for each weight that the decoder's linears may have on average: those that gain most by it get more than the
  /// others.
  public var targetBitsPerWeight: Double?
  /// What linears may become for that.
  public var raisedForms: Set<RaisedForm> = Self.defaultRaisedForms
  /// Steps of the method left out.
  public var omitted: Set<QuantizationStep> = []
  /// What multiplies in the forward passes that calibration sees.
  public var numericMode = ReproducibleMode.exact
  /// How questions become prompts.
  public var prompt = PromptSettings()
  /// Bytes of tensors that a file of weights holds at most, a larger tensor alone; nil for as many as
  /// `save_pretrained` of transformers puts there. It shapes files and no tensor.
  public var shardByteCount: Int?
  /// How many devices must be able to share the MLPs, which are widened with zeros for that; nil to leave them as they are.
  /// It changes no logit.
  public var devices: Int?
  /// What the original is called on a model hub, for the card: `OWNER/NAME`.
  public var baseModel: String?
  /// Whether the original's card goes along, as `README.original.md`.
  public var keepsCard = false
  /// What the model is calibrated on, and how much of it; nothing is enough for plain rounding only.
  public var samples = SampleSource()

  /// `raisedForms` unless something else is asked for: what AWQ has a place for.
  public static let defaultRaisedForms: Set<RaisedForm> = [.sixteenBit]

  /// The defaults.
  public init() {}

  /// Whether a first pass measures errors, by which linears are chosen.
  var choosesByErrors: Bool { sixteenBitBytes != nil || targetBitsPerWeight != nil }

  /// Checks that something can be made of each setting by itself.
  /// - Throws: `RecipeError` for the first that is not so.
  public func requireUsable() throws(RecipeError) {
    func require(_ condition: Bool, _ setting: String, _ demand: String) throws(RecipeError) {
      if !condition { throw RecipeError(setting: setting, demand: demand) }
    }
    try require(QuantizationScheme(groupSize: groupSize) != nil, "group-size", "must be 32, 64 or 128")
    let dampings = [(damping, "damping"), (correctionDamping, "correction-damping")]
    for (damping, setting) in dampings {
      try require(damping > 0 && damping <= 100, setting, "must be above 0 and at most 100")
    }
    try require(widestGram.map { $0 >= 32 } ?? true, "widest-gram", "must be at least 32, the smallest group")
    try require(shardByteCount.map { $0 > 0 } ?? true, "shard-size", "must be above 0")
    try require(devices.map { (1...1024).contains($0) } ?? true, "pad-for", "must be from 1 to 1024")
    try require(
      baseModel.map(HubCache.isRepositoryName) ?? true, "base-model", "must be OWNER/NAME, as a model hub has it")
    try require(targetBitsPerWeight.map { $0 > 0 && $0 <= 32 } ?? true, "target-bpw", "must be above 0 and at most 32")
    try require(
      targetBitsPerWeight == nil || sixteenBitBytes == nil, "target-bpw", "is another way to say what --keep-16bit says"
    )
    try require(!raisedForms.isEmpty, "raise-to", "must name int8, 16bit or both")
    try require(
      targetBitsPerWeight != nil || raisedForms == Self.defaultRaisedForms, "raise-to",
      "is of no use without --target-bpw")
    try require(heldOutEvery == 0 || heldOutEvery > 1, "held-out-every", "must be 0 or above 1")
  }

  /// Checks that the settings can do with the samples that there are.
  /// - Throws: as above.
  public func requireComplete() throws(RecipeError) {
    try requireUsable()
    guard samples.isEmpty else { return }
    guard !method.needsCalibration else {
      throw RecipeError(
        setting: "method \(method.name)", demand: "needs --calibration FILE or --text FILE; only rtn does not")
    }
    guard !choosesByErrors else {
      throw RecipeError(
        setting: sixteenBitBytes == nil ? "target-bpw" : "keep-16bit",
        demand: "needs --calibration FILE or --text FILE to know what matters")
    }
  }

  /// Bits and group size.
  /// - Throws: `RecipeError` for a group size that there is not.
  public var scheme: QuantizationScheme {
    get throws(RecipeError) {
      guard let scheme = QuantizationScheme(groupSize: groupSize, codes: codes) else {
        throw RecipeError(setting: "group-size", demand: "must be 32, 64 or 128")
      }
      return scheme
    }
  }

  /// How much wider the MLPs of `file` become; nil if they do not.
  func widening(of file: ModelFile, _ options: QuantizationOptions) -> WidenedMLP? {
    devices.flatMap { WidenedMLP(file.config, groupSize: options.scheme.groupSize, devices: $0) }
  }

  /// Bytes of tensors that a file of weights holds at most.
  var usedShardByteCount: Int { shardByteCount ?? AWQCheckpointWriter.defaultShardByteCount }

  /// How much tokens count.
  public var resolvedTokenWeighting: TokenWeighting {
    tokenWeighting ?? method.defaultTokenWeighting
  }

  /// Which activations statistics come from.
  public var resolvedPropagation: Propagation {
    propagation ?? method.defaultPropagation
  }

  /// The settings as the search takes them, for the linears of `selection`.
  /// - Throws: as `scheme`.
  func options(_ selection: LinearSelection) throws(RecipeError) -> QuantizationOptions {
    let quantized = selection.quantized
    var options = QuantizationOptions(scheme: try scheme, method: method, propagation: resolvedPropagation) {
      quantized.contains($0)
    }
    options.otherCodes = selection.otherCodes
    let names = selection.fileNames
    options.fileName = { names[$0] ?? $0 }
    options.omitted = omitted
    options.damping = damping
    options.correctionDamping = correctionDamping
    options.widestGram = widestGram ?? options.widestGram
    return options
  }
}

/// A setting that nothing can be made of.
public struct RecipeError: CategorizedError, Equatable {
  /// What it is called on the command line, without the hyphens.
  public let setting: String
  /// What it must be.
  public let demand: String

  /// One line for people.
  public var description: String { "--\(setting) \(demand)" }

  /// What kind of failure this is.
  public var category: FailureCategory { .malformedInput }
}
