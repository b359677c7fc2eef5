// Plan, then write: which tensors a quantized checkpoint will hold, in which order, before any of them exists.
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// One tensor of the original model and what becomes of it.
struct PlannedTensor {
  /// What becomes of a tensor.
  enum Fate {
    /// Its bytes are copied.
    case copied(StoredTensor, DType)
    /// A norm or bias that may absorb scales: half precision.
    case folded(StoredTensor)
    /// A linear of a decoder layer that becomes codes.
    case quantized(StoredTensor, QuantizationScheme)
    /// A linear elsewhere that is plainly rounded.
    case rounded(StoredTensor, QuantizationScheme)
  }

  /// Its name in the original's layout.
  let name: String
  /// Its canonical name.
  let canonicalName: String
  /// What becomes of it.
  let fate: Fate
  /// How zeros make it longer; nil if none do.
  let padding: WidenedMLP.Padding?

  /// What it is quantized to; nil if it is not.
  var scheme: QuantizationScheme? {
    switch fate {
    case .quantized(_, let scheme), .rounded(_, let scheme): scheme
    case .copied, .folded: nil
    }
  }

  /// Names, types and shapes in the output.
  func outputs(_ format: CheckpointFormat) -> [TensorInfo] {
    func padded(_ shape: Shape) -> Shape { padding?.shape(shape) ?? shape }
    switch fate {
    case .copied(let tensor, let dtype): return [TensorInfo(name: name, dtype: dtype, shape: padded(tensor.shape))]
    case .folded(let tensor): return [TensorInfo(name: name, dtype: .float16, shape: padded(tensor.shape))]
    case .quantized(let tensor, let scheme), .rounded(let tensor, let scheme):
      let shape = padded(tensor.shape)
      return format.tensors(
        weight: name, outFeatures: shape[0], inFeatures: shape[1], form: format.form(scheme))
    }
  }
}

/// The output's tensors: first what belongs to no decoder layer, then layer by layer, in the order of the original.
struct CheckpointPlan {
  /// What the original is called in messages.
  private let path: String
  /// Tensors outside the decoder layers.
  let outside: [PlannedTensor]
  /// Tensors of each decoder layer.
  let layers: [[PlannedTensor]]
  /// Linears elsewhere that calibration fits, by the part that they stand in: the head behind the layers, the others before
  /// them.
  let parts: [OutsidePart: [PlannedTensor]]

  /// How it stores quantized linears: AWQ, which has no place for eight bits, unless there are some.
  let format: CheckpointFormat

  /// Plans the output of quantizing `source`.
  /// - Parameters:
  ///   - otherCodes: Of modules, by canonical name, whose codes are not those of `scheme`; of linears outside the decoder's
  ///     layers, which are plainly rounded, by their names in the files.
  ///   - calibrated: Names of those of the latter that calibration fits instead.
  ///   - widening: How much wider the MLPs become; nil if they do not.
  /// - Throws: `ModelFilesError.unsupported` for a tensor that cannot be widened.
  init(
    _ source: ModelFile, scheme: QuantizationScheme, otherCodes: [String: CodeScheme] = [:],
    calibrated: Set<String> = [], widening: WidenedMLP? = nil, quantizes: (_ module: String) -> Bool
  ) throws(ModelFilesError) {
    var outside: [PlannedTensor] = []
    var parts: [OutsidePart: [PlannedTensor]] = [:]
    var layers = [[PlannedTensor]](repeating: [], count: source.config.text.layerCount)
    for tensor in source.tensors {
      guard case .dense(let dtype) = tensor.encoding else { continue }
      let names = WeightNames.canonical(tensor.name, layout: source.config.layout)
      let canonical = names.count == 1 ? names[0].name : tensor.name
      func other(_ module: String) -> QuantizationScheme? {
        otherCodes[module].flatMap { QuantizationScheme(groupSize: scheme.groupSize, codes: $0) }
      }
      var fate = CheckpointPlan.fate(canonical, tensor, dtype) { quantizes($0) ? other($0) ?? scheme : nil }
      var part: OutsidePart?
      if WeightNames.layer(of: canonical, in: .decoder) == nil, let name = tensor.name.removingSuffix(".weight"),
        let scheme = other(name)
      {
        part = calibrated.contains(name) ? OutsideInput(file: names)?.part : nil
        fate = part == nil ? .rounded(tensor, scheme) : .quantized(tensor, scheme)
      }
      let planned = PlannedTensor(
        name: tensor.name, canonicalName: canonical, fate: fate,
        padding: try widening?.padding(of: tensor, source.config, path: source.path))
      if let layer = WeightNames.layer(of: canonical, in: .decoder), layers.indices.contains(layer) {
        layers[layer].append(planned)
      } else if let part {
        parts[part, default: []].append(planned)
      } else {
        outside.append(planned)
      }
    }
    path = source.path
    self.outside = outside
    self.layers = layers
    self.parts = parts
    let hasEightBits = (outside + parts.values.joined() + layers.joined()).contains { $0.scheme?.bits == 8 }
    format = hasEightBits ? .compressedTensors : .awq
  }

  /// All tensors in order.
  var all: [PlannedTensor] { beforeLayers + layers.flatMap { $0 } + (parts[.head] ?? []) }

  /// Those before the layers, in order.
  var beforeLayers: [PlannedTensor] {
    outside + parts.filter { $0.key < .head }.sorted { $0.key < $1.key }.flatMap { $0.value }
  }

  /// The files that hold them.
  /// - Parameter byteCount: Bytes of tensors in one at most, or one larger tensor.
  /// - Throws: `SafetensorsError` for what cannot be written.
  func shards(of byteCount: Int) throws -> ShardPlan {
    do throws(SafetensorsError.Reason) {
      return try ShardPlan(
        tensors: all.flatMap { $0.outputs(format) }, metadata: ["format": "pt"], shardByteCount: byteCount)
    } catch {
      throw SafetensorsError(path: path, reason: error)
    }
  }

  /// What config.json says of the linears, whose scales and everything folded are in half precision.
  func quantization(_ config: ModelConfig, groupSize: Int) -> ExportedQuantization {
    func matrices(_ tensors: some Sequence<PlannedTensor>) -> [String] {
      tensors.compactMap { tensor in
        guard case .copied(let stored, _) = tensor.fate, stored.shape.rank == 2 else { return nil }
        return tensor.name.removingSuffix(".weight")
      }
    }
    return ExportedQuantization(
      config: config, groupSize: groupSize,
      linears: all.compactMap { tensor in
        tensor.scheme.map { (tensor.name.removingSuffix(".weight") ?? tensor.name, format.form($0)) }
      },
      skippedLinears: matrices(layers.joined()), skippedElsewhere: matrices(outside), isSymmetric: false,
      isServedInHalf: true)
  }

  private static func fate(
    _ name: String, _ tensor: StoredTensor, _ dtype: DType, schemeOf: (_ module: String) -> QuantizationScheme?
  ) -> PlannedTensor.Fate {
    guard let layer = WeightNames.layer(of: name, in: .decoder) else { return .copied(tensor, dtype) }
    let shape = tensor.shape
    let module = name.removingSuffix(".weight")
    if let module, DecoderLinear.allCases.contains(where: { module == $0.moduleName(layer: layer) }), shape.rank == 2,
      let scheme = schemeOf(module), scheme.fits(outFeatures: shape[0], inFeatures: shape[1])
    {
      return .quantized(tensor, scheme)
    }
    let absorbsScales = LinearSite.allCases.contains { name == DecoderNames.layer(layer) + "." + $0.absorber.tensor }
    return absorbsScales ? .folded(tensor) : .copied(tensor, dtype)
  }
}

extension OutsideInput {
  /// What the linear reads that provides `names`.
  fileprivate init?(file names: [CanonicalName]) {
    guard let module = names.first?.name.removingSuffix(".weight") else { return nil }
    self.init(module: module)
  }
}
