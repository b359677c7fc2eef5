// Plan, then write: which tensors an AWQ checkpoint will hold, in which order, before any of them exists.
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
    /// A linear that becomes int4.
    case quantized(StoredTensor)
  }

  /// Its name in the original's layout.
  let name: String
  /// Its canonical name.
  let canonicalName: String
  /// What becomes of it.
  let fate: Fate
  /// How zeros make it longer; nil if none do.
  let padding: WidenedMLP.Padding?

  /// Names, types and shapes in the output.
  func outputs(_ scheme: QuantizationScheme) -> [TensorInfo] {
    func padded(_ shape: Shape) -> Shape { padding?.shape(shape) ?? shape }
    switch fate {
    case .copied(let tensor, let dtype): return [TensorInfo(name: name, dtype: dtype, shape: padded(tensor.shape))]
    case .folded(let tensor): return [TensorInfo(name: name, dtype: .float16, shape: padded(tensor.shape))]
    case .quantized(let tensor):
      let shape = padded(tensor.shape)
      return CheckpointFormat.awq.tensors(
        weight: name, outFeatures: shape[0], inFeatures: shape[1], scheme: scheme)
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

  /// Plans the output of quantizing `source`.
  /// - Parameter widening: How much wider the MLPs become; nil if they do not.
  /// - Throws: `ModelFilesError.unsupported` for a tensor that cannot be widened.
  init(
    _ source: ModelFile, scheme: QuantizationScheme, widening: WidenedMLP? = nil,
    quantizes: (_ module: String) -> Bool
  ) throws(ModelFilesError) {
    var outside: [PlannedTensor] = []
    var layers = [[PlannedTensor]](repeating: [], count: source.config.text.layerCount)
    for tensor in source.tensors {
      guard case .dense(let dtype) = tensor.encoding else { continue }
      let names = WeightNames.canonical(tensor.name, layout: source.config.layout)
      let canonical = names.count == 1 ? names[0].name : tensor.name
      let planned = PlannedTensor(
        name: tensor.name, canonicalName: canonical,
        fate: CheckpointPlan.fate(canonical, tensor, dtype, scheme: scheme, quantizes: quantizes),
        padding: try widening?.padding(of: tensor, source.config, path: source.path))
      if let layer = WeightNames.layer(of: canonical, in: .decoder), layers.indices.contains(layer) {
        layers[layer].append(planned)
      } else {
        outside.append(planned)
      }
    }
    path = source.path
    self.outside = outside
    self.layers = layers
  }

  /// All tensors in order.
  var all: [PlannedTensor] { outside + layers.flatMap { $0 } }

  /// The files that hold them.
  /// - Parameter byteCount: Bytes of tensors in one at most, or one larger tensor.
  /// - Throws: `SafetensorsError` for what cannot be written.
  func shards(_ scheme: QuantizationScheme, of byteCount: Int) throws -> ShardPlan {
    do throws(SafetensorsError.Reason) {
      return try ShardPlan(
        tensors: all.flatMap { $0.outputs(scheme) }, metadata: ["format": "pt"], shardByteCount: byteCount)
    } catch {
      throw SafetensorsError(path: path, reason: error)
    }
  }

  /// Linears of the decoder layers that stay in 16 bit, by their module names in the file.
  var skippedLinears: [String] {
    layers.flatMap { $0 }.compactMap { tensor in
      guard case .copied(let stored, _) = tensor.fate, stored.shape.rank == 2 else { return nil }
      return tensor.name.removingSuffix(".weight")
    }
  }

  private static func fate(
    _ name: String, _ tensor: StoredTensor, _ dtype: DType, scheme: QuantizationScheme, quantizes: (String) -> Bool
  ) -> PlannedTensor.Fate {
    guard let layer = WeightNames.layer(of: name, in: .decoder) else { return .copied(tensor, dtype) }
    let shape = tensor.shape
    let module = name.removingSuffix(".weight")
    if let module, DecoderLinear.allCases.contains(where: { module == $0.moduleName(layer: layer) }), shape.rank == 2,
      quantizes(module),
      scheme.fits(outFeatures: shape[0], inFeatures: shape[1])
    {
      return .quantized(tensor)
    }
    let absorbsScales = LinearSite.allCases.contains { name == DecoderNames.layer(layer) + "." + $0.absorber.tensor }
    return absorbsScales ? .folded(tensor) : .copied(tensor, dtype)
  }
}
