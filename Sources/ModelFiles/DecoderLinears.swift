// The linears of the decoder as a model on disk has them: what is quantized, or could be.
internal import Kernels
public import ModelConfig
public import Tensors

/// A linear of a decoder layer on disk.
public struct StoredLinear: Sendable, Equatable {
  /// The layer that it stands in.
  public let layer: Int
  /// Which of the layer's linears it is.
  public let linear: DecoderLinear
  /// What the model's own files call it, without `.weight`.
  public let name: String
  public let outFeatures: Int
  public let inFeatures: Int
  /// Bits of its codes, 4 or 8; nil if it is not quantized.
  public let codeBits: Int?
  /// What it takes on the disk.
  public let byteCount: Int

  /// Its canonical name.
  public var module: String { linear.moduleName(layer: layer) }
}

extension ModelFile {
  /// The linears of all decoder layers, layer by layer in the order of computation.
  public var decoderLinears: [StoredLinear] {
    let order = Dictionary(uniqueKeysWithValues: DecoderLinear.allCases.enumerated().map { ($1, $0) })
    return tensors.compactMap(decoderLinear).sorted {
      ($0.layer, order[$0.linear] ?? 0) < ($1.layer, order[$1.linear] ?? 0)
    }
  }

  private func decoderLinear(_ tensor: StoredTensor) -> StoredLinear? {
    let names = WeightNames.canonical(tensor.name, layout: config.layout)
    guard names.count == 1, let module = names[0].name.removingSuffix(".weight"), tensor.shape.rank == 2,
      let layer = WeightNames.layer(of: names[0].name, in: .decoder),
      let linear = DecoderLinear.allCases.first(where: { $0.moduleName(layer: layer) == module })
    else { return nil }
    return StoredLinear(
      layer: layer, linear: linear, name: tensor.name.removingSuffix(".weight") ?? tensor.name,
      outFeatures: tensor.shape[0], inFeatures: tensor.shape[1], codeBits: tensor.codeBits,
      byteCount: tensor.byteCount)
  }
}

/// A linear outside the decoder's layers: of the vision tower or the projector, or the output head.
public struct OtherLinear: Sendable, Equatable {
  /// What the model's own files call it, without `.weight`.
  public let name: String
  /// What else it is called: its canonical name, of a fused one those of its parts.
  public let canonicalNames: [String]
  public let outFeatures: Int
  public let inFeatures: Int

  /// What it reads; nil where calibration does not know.
  public var input: OutsideInput? { canonicalNames.first.flatMap(OutsideInput.init(module:)) }

  /// What a checkpoint's plan calls it: its canonical name, or its own if it is a fused one.
  public var module: String { canonicalNames.count == 1 ? canonicalNames[0] : name }
}

extension ModelFile {
  /// The weight of a linear outside the decoder's layers, where it is stored; of a fused one the whole.
  /// - Throws: `ModelFilesError` if it is not there as a plain matrix.
  public func weight(of linear: OtherLinear) throws -> any WeightMatrix {
    let name = linear.name + ".weight"
    guard let tensor = tensors.first(where: { $0.name == name }), case .dense(let view) = try tensor.content else {
      throw ModelFilesError.missingTensor(path: path, name: name)
    }
    return try DenseMatrix(view)
  }

  /// The linears outside the decoder's layers, in the order of the files. An embedding table is none.
  public var otherLinears: [OtherLinear] {
    let matrices = Set(config.requiredWeights.filter(\.isMatrix).map(\.name)).subtracting([
      DecoderNames.embeddings + ".weight"
    ])
    return tensors.compactMap { tensor in
      let names = WeightNames.canonical(tensor.name, layout: config.layout).map(\.name)
      guard !names.isEmpty, names.allSatisfy(matrices.contains), !names[0].hasPrefix(DecoderNames.layersPrefix),
        tensor.shape.rank == 2, let name = tensor.name.removingSuffix(".weight")
      else { return nil }
      return OtherLinear(
        name: name, canonicalNames: names.compactMap { $0.removingSuffix(".weight") }, outFeatures: tensor.shape[0],
        inFeatures: tensor.shape[1])
    }
  }
}
