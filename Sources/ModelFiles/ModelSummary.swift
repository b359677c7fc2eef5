// What a model consists of, from headers alone.
internal import ModelConfig
internal import Quantization
internal import Skyq
internal import Storage
internal import Tensors

/// A part of a model: tensors that belong together.
public enum ModelPart: String, Sendable, CaseIterable {
  /// The linears of the decoder layers.
  case languageLinears = "language model linears"
  /// The vision tower.
  case vision = "vision model"
  /// Embedding table and output head.
  case embeddings = "embeddings, lm_head"
  /// `mlp1`.
  case projector = "projector"
  /// The decoder's norms and biases.
  case small = "norms, biases"
  /// What the forward pass does not use.
  case other = "other"

  /// The part that the tensor of this canonical name belongs to.
  init(canonicalName name: String) {
    if name.hasPrefix("vision_model.") {
      self = .vision
    } else if name.hasPrefix("mlp1.") {
      self = .projector
    } else if [DecoderNames.embeddings, DecoderNames.head].contains(where: { name == $0 + ".weight" }) {
      self = .embeddings
    } else if let module = name.removingSuffix(".weight"), DecoderLinear(module: module) != nil {
      self = .languageLinears
    } else {
      self = name.hasPrefix(DecoderNames.prefix) ? .small : .other
    }
  }
}

/// Numbers of one part.
public struct PartSummary: Sendable, Equatable {
  /// The part.
  public var part: ModelPart
  /// Tensors; a quantized linear counts as one.
  public var tensorCount = 0
  /// Elements.
  public var parameterCount = 0
  /// Bytes in the file, without padding.
  public var byteCount = 0
  /// Encodings in order of first appearance.
  public var encodings: [String] = []
}

/// Numbers of a whole model.
public struct ModelSummary: Sendable {
  /// As the user named it.
  public var path: String
  /// How the weights are stored.
  public var kind: ModelFile.Kind
  /// The first of config.json's `architectures`, or its `model_type`.
  public var architecture: String
  /// Whether there is a vision tower.
  public var seesImages: Bool
  /// Whether config.json says that linears are quantized.
  public var isQuantized: Bool
  /// How many linears the decoder has, and how many of them are stored in codes of four and of eight bits.
  public var linearCount: Int, int4LinearCount: Int, int8LinearCount: Int
  /// Parts that have tensors, in a fixed order.
  public var parts: [PartSummary]
  /// Names of the small files that belong to the model.
  public var files: [String]
  /// What is wrong with the first of them that cannot be read; nil if all can.
  public var fileProblem: String?
  /// Version of the format and identity of the content, of a .skyq file.
  public var skyq: (version: String, contentID: String)?

  /// Sums up `file` from its headers.
  public init(_ file: ModelFile) {
    var parts: [ModelPart: PartSummary] = [:]
    for tensor in file.tensors {
      let names = WeightNames.canonical(tensor.name, layout: file.config.layout)
      let part = names.first.map { ModelPart(canonicalName: $0.name) } ?? .other
      var summary = parts[part] ?? PartSummary(part: part)
      summary.tensorCount += 1
      summary.parameterCount += tensor.shape.elementCount
      summary.byteCount += tensor.byteCount
      if !summary.encodings.contains(tensor.encodingName) { summary.encodings.append(tensor.encodingName) }
      parts[part] = summary
    }
    path = file.path
    kind = file.kind
    architecture = file.config.architectureName ?? file.config.modelType
    seesImages = file.config.multimodal != nil
    let linears = file.decoderLinears
    isQuantized = file.config.quantization != nil
    linearCount = linears.count
    int4LinearCount = linears.count { $0.codeBits == 4 }
    int8LinearCount = linears.count { $0.codeBits == 8 }
    self.parts = ModelPart.allCases.compactMap { parts[$0] }
    files = file.carried.names
    fileProblem = file.carried.problem
    skyq = file.skyqHeader.map { ("\($0.majorVersion).\($0.minorVersion)", $0.contentID) }
  }

  /// Elements of all tensors.
  public var parameterCount: Int { parts.reduce(0) { $0 + $1.parameterCount } }
  /// Bytes of all tensors, without padding.
  public var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

  /// Stored bits per weight of the parts that `isCounted`; nil if they have no weights.
  public func bitsPerWeight(where isCounted: (ModelPart) -> Bool = { _ in true }) -> Double? {
    let counted = parts.filter { isCounted($0.part) }
    let weights = counted.reduce(0) { $0 + $1.parameterCount }
    return weights > 0 ? 8 * Double(counted.reduce(0) { $0 + $1.byteCount }) / Double(weights) : nil
  }
}
