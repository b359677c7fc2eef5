// Holds the headers of a model's weights to its config, and says how they contradict each other.
import Basics
public import Tensors

/// A tensor as a file has it; of a quantized linear, the weight that its parts stand for.
public struct StoredWeight: Sendable {
  public let name: String
  /// The type; nil for a quantized linear.
  public let dtype: DType?
  /// Extents, outermost first.
  public let shape: Shape

  public init(name: String, dtype: DType?, shape: Shape) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }
}

/// Compares weights with what a config calls for.
public struct WeightCheck {
  private let config: ModelConfig
  private let stored: [String: Entry]
  /// Every weight that two tensors stand for.
  private let repetitions: [WeightFault]

  private struct Entry {
    let tensor: StoredWeight
    let name: CanonicalName
  }

  /// A comparison of `tensors`, in the order of the file, with `config`.
  public init(_ config: ModelConfig, _ tensors: [StoredWeight]) {
    self.config = config
    var stored: [String: Entry] = [:]
    var repetitions: [WeightFault] = []
    for tensor in tensors {
      let names = WeightNames.canonical(tensor.name, layout: config.layout)
      if let first = names.lazy.compactMap({ stored[$0.name] }).first {
        repetitions.append(.storedTwice(first: first.tensor.name, second: tensor.name))
      }
      for name in names { stored[name.name] = Entry(tensor: tensor, name: name) }
    }
    self.stored = stored
    self.repetitions = repetitions
  }

  /// All contradictions: weights stored twice, numbers of layers, what is missing, then shapes and types in the order of
  /// computation. Empty if the forward pass finds all it asks for.
  public func faults() -> [WeightFault] {
    let layers = layerFaults()
    let required = config.requiredWeights.filter { weight in !layers.contains { $0.absentPrefix(of: weight.name) } }
    let absent = required.filter { !$0.isOptional && stored[$0.name] == nil }
    let missing = absent.first.map { [WeightFault.missing(first: fileName(of: $0.name), count: absent.count)] } ?? []
    return repetitions + layers.map(\.fault) + missing + required.compactMap(fault)
  }

  /// What a file would call a weight, which in the native layout depends on the version of transformers.
  private func fileName(of name: String) -> String {
    config.layout == .text ? name.removingPrefix(DecoderNames.prefix) ?? name : name
  }

  /// Names of tensors in the decoder's layers that a model of this config does not read, such as biases of linears that
  /// have none by the config.
  public var unusedInDecoder: [String] {
    let required = Set(config.requiredWeights.map(\.name))
    return stored.filter { name, _ in
      WeightNames.layer(of: name, in: .decoder).map { $0 < config.text.layerCount } == true && !required.contains(name)
        && !name.hasSuffix(".inv_freq")  // a constant that old checkpoints carry
    }.map(\.value.tensor.name).sorted()
  }

  /// A wrong number of layers, and which weights need not be called missing one by one.
  private struct LayerFault {
    let stack: WeightNames.Stack
    let fault: WeightFault
    let storedCount: Int

    func absentPrefix(of name: String) -> Bool {
      WeightNames.layer(of: name, in: stack).map { $0 >= storedCount } ?? false
    }
  }

  private func layerFaults() -> [LayerFault] {
    var faults: [LayerFault] = []
    func compare(_ stack: WeightNames.Stack, _ key: String, stated: Int, needed: Int) {
      let last = stored.keys.lazy.compactMap { WeightNames.layer(of: $0, in: stack) }.max()
      let count = last.map { min($0, .max - 1) + 1 } ?? 0
      guard count > stated || count < needed else { return }
      let fault = WeightFault.layerCount(key: key, stated: stated, stored: count)
      faults.append(LayerFault(stack: stack, fault: fault, storedCount: count))
    }
    let count = config.text.layerCount
    compare(.decoder, config.textKey("num_hidden_layers"), stated: count, needed: count)
    if let multimodal = config.multimodal {
      compare(
        .vision, "vision_config.num_hidden_layers", stated: multimodal.vision.layerCount,
        needed: multimodal.activeLayerCount)
    }
    return faults
  }

  private func fault(_ weight: RequiredWeight) -> WeightFault? {
    // A fused tensor is one fault.
    guard let entry = stored[weight.name], entry.name.part == 0 else { return nil }
    let (tensor, partCount) = (entry.tensor, entry.name.partCount)
    guard tensor.dtype.map(\.isWeightType) ?? weight.isMatrix else {
      return .type(
        tensor: tensor.name, expected: "F32, F16 or BF16", found: tensor.dtype?.rawValue ?? "a quantized linear")
    }
    var dimensions = tensor.shape.dimensions
    let isWhole = (dimensions.first ?? 0) % partCount == 0
    if partCount > 1, !dimensions.isEmpty { dimensions[0] /= partCount }
    guard isWhole, weight.accepts(dimensions) else {
      return .shape(tensor: tensor.name, expected: weight.extents(of: partCount), found: tensor.shape)
    }
    return nil
  }
}

extension RequiredWeight {
  /// The extents of a tensor that holds `count` such weights, one below the other.
  fileprivate func extents(of count: Int) -> [Extent] {
    guard count > 1, let rows = extents.first else { return extents }
    return [Extent(size: count * rows.size, key: "\(count) × \(rows.key)")] + extents.dropFirst()
  }
}

/// Why the weights are not those that config.json calls for. Messages say what to do, without the model's path.
public enum WeightFault: Sendable, Equatable, CustomStringConvertible {
  /// Two tensors of the file stand for one weight.
  case storedTwice(first: String, second: String)
  /// There are more or fewer layers than `key` says.
  case layerCount(key: String, stated: Int, stored: Int)
  /// So many weights are not there; the first of them by canonical name.
  case missing(first: String, count: Int)
  /// A tensor of another shape.
  case shape(tensor: String, expected: [RequiredWeight.Extent], found: Shape)
  /// A tensor of a type that cannot be used there.
  case type(tensor: String, expected: String, found: String)

  public var description: String {
    switch self {
    case .storedTwice(let first, let second):
      "tensors '\(first.displayed)' and '\(second.displayed)' are the same weight; take one away"
    case .layerCount(let key, let stated, let stored):
      "config.json: '\(key)' is \(stated), but the weights have \(stored) such layers; take config.json and shards from "
        + "one repository"
    case .missing(let first, let count):
      "tensor '\(first.displayed)' is missing, though config.json calls for it"
        + (count > 1 ? " (and \(count - 1) more)" : "")
    case .shape(let tensor, let expected, let found):
      "tensor '\(tensor.displayed)': config.json calls for shape \(expected.text), found \(found)"
    case .type(let tensor, let expected, let found):
      "tensor '\(tensor.displayed)': expected \(expected), found \(found)"
    }
  }
}

extension [RequiredWeight.Extent] {
  /// `[128, 256] (num_key_value_heads × head_dim, hidden_size)`.
  fileprivate var text: String {
    let keys = map(\.key).filter { !$0.isEmpty }
    return "[" + map { String($0.size) }.joined(separator: ", ") + "]"
      + (keys.isEmpty ? "" : " (" + keys.joined(separator: ", ") + ")")
  }
}
