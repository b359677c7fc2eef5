// Takes the tensors of every quantized linear of a checkpoint together, whichever tool stored them.
internal import Basics
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// Reads the tensors of a checkpoint, quantized or not.
struct CheckpointReader {
  private let checkpoint: SafetensorsCheckpoint
  private let quantization: QuantizationConfig?
  private let readsActOrder: Bool

  /// - Parameter readsActOrder: Whether linears may be read whose input features are not in the order of their groups.
  init(
    _ checkpoint: SafetensorsCheckpoint, quantization: QuantizationConfig?, readingActOrder readsActOrder: Bool = false
  ) {
    self.checkpoint = checkpoint
    self.quantization = quantization
    self.readsActOrder = readsActOrder
  }

  /// All tensors in file order; a quantized linear stands where its codes stand, under the name of its weight.
  func tensors() throws -> [StoredTensor] {
    try requireOneWeightPerLinear()
    guard let quantization else {
      return try checkpoint.tensors.map { StoredTensor(name: $0.name, content: .dense(try checkpoint.view($0.name))) }
    }
    let reader = LinearReader(checkpoint, quantization, readingActOrder: readsActOrder)
    return try checkpoint.tensors.compactMap { info in
      for parts in LinearParts.allCases {
        if let module = info.name.removingSuffix(parts.codes) { return try reader.linear(module, parts) }
        if parts.others.contains(where: { suffix in
          info.name.removingSuffix(suffix).map { checkpoint.contains($0 + parts.codes) } ?? false
        }) {
          return nil
        }
      }
      return StoredTensor(name: info.name, content: .dense(try checkpoint.view(info.name)))
    }
  }

  /// Some programs would take the one, some the other.
  private func requireOneWeightPerLinear() throws(ModelFilesError) {
    for info in checkpoint.tensors {
      for parts in LinearParts.allCases {
        guard let plain = info.name.removingSuffix(parts.codes).map({ $0 + ".weight" }), checkpoint.contains(plain)
        else { continue }
        throw .contradictoryWeights(path: checkpoint.path, .storedTwice(first: info.name, second: plain))
      }
    }
  }
}

/// What the tensors of a linear are called: what their names have instead of `.weight`.
struct LinearParts: CaseIterable {
  let codes: String
  let zeros: String
  let scales: String
  /// Which group each input feature belongs to.
  let groupIndex: String
  /// Output and input features; nil where the codes tell.
  let shape: String?

  static let allCases = [
    LinearParts(codes: ".qweight", zeros: ".qzeros", scales: ".scales", groupIndex: ".g_idx", shape: nil),
    LinearParts(
      codes: ".weight_packed", zeros: ".weight_zero_point", scales: ".weight_scale", groupIndex: ".weight_g_idx",
      shape: ".weight_shape"),
  ]

  /// All but the codes.
  var others: [String] { [zeros, scales, groupIndex] + [shape].compactMap(\.self) }
}
