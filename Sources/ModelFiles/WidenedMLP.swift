// MLPs with features that compute nothing behind those that the model has, so that more devices can share it.
internal import Basics
internal import JSON
public import ModelConfig
internal import Quantization
internal import Tensors

/// A larger `intermediate_size`, so that the MLP of every decoder layer can be cut into whole groups for each device.
///
/// gate_proj and up_proj get output rows of zeros, down_proj input columns of zeros: silu(0) · 0 times 0 is added to sums
/// that stay what they were. What was stored before keeps its codes, zeros, scales and values.
public struct WidenedMLP: Sendable, Equatable {
  /// Inputs of a tile of Marlin's kernels, which older vLLM and SGLang want whole on each device.
  private static let tile = 128

  /// Features of the model.
  public let features: Int
  /// Features of what is written.
  public let widened: Int

  /// The least that `devices` can share.
  /// - Returns: Nil if that is what the model has.
  public init?(_ config: ModelConfig, groupSize: Int, devices: Int) {
    let unit = max(groupSize, Self.tile) * devices
    features = config.text.intermediateSize
    widened = (features + unit - 1) / unit * unit
    if widened == features { return nil }
  }

  /// How zeros make one tensor longer.
  struct Padding {
    /// Along which it gets longer.
    enum Axis: Int { case rows, columns }

    let axis: Axis
    let mlp: WidenedMLP
  }

  /// - Returns: Nil for a tensor that stays as it is.
  /// - Throws: `ModelFilesError.unsupported` if the tensor has other features than config.json says, or values that are no
  ///   whole bytes.
  func padding(of tensor: StoredTensor, _ config: ModelConfig, path: String) throws(ModelFilesError) -> Padding? {
    let names = WeightNames.canonical(tensor.name, layout: config.layout)
    guard names.count == 1, let name = names.first?.name, WeightNames.layer(of: name, in: .decoder) != nil,
      let module = name.removingSuffix(".weight") ?? name.removingSuffix(".bias"),
      let linear = DecoderLinear(module: module)
    else { return nil }
    let axis: Padding.Axis
    switch linear {
    case .gate, .up: axis = .rows
    case .down where name.hasSuffix(".weight"): axis = .columns
    case .down, .query, .key, .value, .output: return nil
    }
    guard tensor.shape.rank > axis.rawValue, tensor.shape[axis.rawValue] == features else {
      throw .unsupported(
        path: path,
        reason: "tensor '\(tensor.name.displayed)' has the shape \(tensor.shape), but intermediate_size is \(features)")
    }
    if case .dense(let dtype) = tensor.encoding, dtype.bitWidth % 8 != 0 {
      throw .unsupported(
        path: path, reason: "tensor '\(tensor.name.displayed)' is \(dtype.rawValue), which is not widened with zeros")
    }
    return Padding(axis: axis, mlp: self)
  }

  /// config.json with the new size.
  func stated(in document: JSONValue, _ layout: CheckpointLayout) -> JSONValue {
    guard var object = document.objectValue else { return document }
    if let key = layout.languageKey, let language = object[key] {
      object[key] = stated(in: language, .text)
    } else {
      object["intermediate_size"] = .integer(widened)
    }
    return .object(object)
  }
}

extension WidenedMLP.Padding {
  private var extra: Int { mlp.widened - mlp.features }

  func shape(_ shape: Shape) -> Shape {
    var dimensions = shape.dimensions
    dimensions[axis.rawValue] = mlp.widened
    return Shape(dimensions)
  }

  func padded(_ linear: QuantizedLinear) -> QuantizedLinear {
    switch axis {
    case .rows:
      let more = QuantizedLinear(zerosOf: extra, linear.inFeatures, scheme: linear.scheme)
      return QuantizedLinear(
        outFeatures: mlp.widened, inFeatures: linear.inFeatures, scheme: linear.scheme,
        codes: linear.codes + more.codes, zeros: linear.zeros + more.zeros, scales: linear.scales + more.scales)
    case .columns:
      return QuantizedLinear(
        joining: [linear, QuantizedLinear(zerosOf: linear.outFeatures, extra, scheme: linear.scheme)])
    }
  }

  /// The bytes of a plain tensor, whose zeros are bytes of zero in every type that weights have.
  func padded(_ view: TensorView) -> [UInt8] {
    let stored = view.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    let rowWidth = axis == .rows ? stored.count : stored.count / max(view.info.shape[0], 1)
    guard rowWidth > 0 else { return stored }
    let zeros = [UInt8](repeating: 0, count: rowWidth / mlp.features * extra)
    var result: [UInt8] = []
    result.reserveCapacity(stored.count / mlp.features * mlp.widened)
    for start in stride(from: 0, to: stored.count, by: rowWidth) {
      result += stored[start..<start + rowWidth]
      result += zeros
    }
    return result
  }

  /// A bias.
  func padded(_ values: [Float]) -> [Float] { values + [Float](repeating: 0, count: extra) }
}

extension QuantizedLinear {
  /// Weights of zero. Their zeros are 8, so that a symmetric model stays one.
  fileprivate init(zerosOf outFeatures: Int, _ inFeatures: Int, scheme: QuantizationScheme) {
    let middle = UInt8(scheme.middle), groups = outFeatures * (inFeatures / scheme.groupSize)
    self.init(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme,
      codes: [UInt8](repeating: middle, count: outFeatures * inFeatures),
      zeros: [UInt8](repeating: middle, count: groups), scales: [Float16](repeating: 1, count: groups))
  }
}
