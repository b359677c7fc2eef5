// How a checkpoint directory stores its quantized linears: a value for each layout that is written, and the table of them.
internal import JSON
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// A layout of quantized linears in safetensors checkpoints.
public struct CheckpointFormat: Sendable {
  /// What it is called on the command line and in reports.
  public let name: String
  /// Programs that read it, and under which condition.
  let readers: String
  /// Whether a model without quantized linears can be written in it: its config.json need not be changed.
  let takesAnyModel: Bool
  /// Where codes and zeros of four bits stand in their words.
  let layout: WordLayout
  /// Whether linears of eight bits have a place, too: anywhere in the model, and without zeros if they are symmetric, as
  /// kernels want them.
  var takesEightBits = false
  /// The tensors of a linear, in their order.
  let parts: [Part]
  /// config.json of the checkpoint.
  let config: @Sendable (ExportedQuantization) -> JSONValue

  /// A tensor of a linear.
  struct Part: Sendable {
    enum Content {
      case codes, zeros, scales
      /// Output and input features.
      case shape
      /// The group of each input feature.
      case groupIndex
    }

    /// What its name has instead of `.weight`.
    let suffix: String
    let content: Content
  }
}

/// How a linear stands in a checkpoint.
struct LinearForm: Sendable, Hashable {
  let scheme: QuantizationScheme
  /// Whether its zeros are left out, since config.json says what all of them are.
  let omitsZeros: Bool
}

/// What a config.json says of a model's quantized linears. Modules go by their names in the file.
struct ExportedQuantization {
  let config: ModelConfig
  let groupSize: Int
  /// All quantized linears.
  let linears: [(module: String, form: LinearForm)]
  /// Matrices of the decoder layers that are not quantized, and those elsewhere.
  let skippedLinears: [String], skippedElsewhere: [String]
  /// Whether all zeros are 8.
  let isSymmetric: Bool
  /// Whether everything that the model computes with is in half precision from now on.
  var isServedInHalf = false
}

extension CheckpointFormat: CaseIterable {
  /// The table.
  public static let allCases = [awq, compressedTensors, gptq, gptqV1]

  /// AWQ GEMM: read by vLLM, and by transformers with AutoAWQ's kernels.
  public static let awq = CheckpointFormat(
    name: "awq", readers: "vLLM 0.33, lmdeploy 0.18 (InternVL, groups of 128) and transformers with AutoAWQ's kernels",
    takesAnyModel: true, layout: .awqGEMM,
    parts: [
      Part(suffix: ".qweight", content: .codes), Part(suffix: ".qzeros", content: .zeros),
      Part(suffix: ".scales", content: .scales),
    ],
    config: {
      AWQConfigDocument(config: $0.config, groupSize: $0.groupSize, skippedLinears: $0.skippedLinears).document
    })

  /// compressed-tensors, pack-quantized: read by vLLM and transformers with compressed-tensors.
  public static let compressedTensors = CheckpointFormat(
    name: "compressed-tensors", readers: "vLLM and transformers", takesAnyModel: false, layout: .packQuantized,
    takesEightBits: true,
    parts: [
      Part(suffix: ".weight_packed", content: .codes), Part(suffix: ".weight_scale", content: .scales),
      Part(suffix: ".weight_shape", content: .shape), Part(suffix: ".weight_zero_point", content: .zeros),
    ],
    config: { CompressedTensorsConfig($0).document })

  /// GPTQ with zeros as they are: read by GPTQModel.
  public static let gptq = gptq(name: "gptq", layout: .gptqV2)

  /// GPTQ with zeros less one: read by vLLM if the model is symmetric, and by older tools; it has no zero of 0.
  public static let gptqV1 = gptq(name: "gptq-v1", layout: .gptqV1)

  private static func gptq(name: String, layout: WordLayout) -> CheckpointFormat {
    CheckpointFormat(
      name: name, readers: "GPTQModel, and vLLM 0.33 if all zeros are 8", takesAnyModel: false, layout: layout,
      parts: [
        Part(suffix: ".qweight", content: .codes), Part(suffix: ".qzeros", content: .zeros),
        Part(suffix: ".scales", content: .scales), Part(suffix: ".g_idx", content: .groupIndex),
      ],
      config: { GPTQConfig($0, checkpointFormat: layout.name).document })
  }
}

extension CheckpointFormat: Equatable {
  public static func == (a: CheckpointFormat, b: CheckpointFormat) -> Bool { a.name == b.name }
}

extension CheckpointFormat: CustomStringConvertible {
  public var description: String { name }
}

extension CheckpointFormat {
  /// Where codes and zeros of so many bits stand; the format must take them.
  func words(bits: Int) -> WordLayout {
    guard let words = layout.holding(bits: bits) else { preconditionFailure("\(name) does not take \(bits) bits") }
    return words
  }

  /// How a new linear of `scheme` stands here.
  func form(_ scheme: QuantizationScheme) -> LinearForm { form(scheme, isSymmetric: scheme.codes != .int4) }

  /// How a linear of `scheme` stands here.
  func form(_ scheme: QuantizationScheme, isSymmetric: Bool) -> LinearForm {
    LinearForm(scheme: scheme, omitsZeros: takesEightBits && scheme.bits == 8 && isSymmetric)
  }

  /// The parts of a linear that are written.
  fileprivate func parts(_ form: LinearForm) -> [Part] {
    form.omitsZeros ? parts.filter { $0.content != .zeros } : parts
  }

  /// The tensors of a linear whose plain weight would be called `weight`.
  func tensors(weight: String, outFeatures: Int, inFeatures: Int, form: LinearForm) -> [TensorInfo] {
    let module = weight.removingSuffix(".weight") ?? weight
    let shapes = words(bits: form.scheme.bits)
      .shapes(outFeatures: outFeatures, inFeatures: inFeatures, scheme: form.scheme)
    return parts(form).map { part in
      let (dtype, shape): (DType, Shape) =
        switch part.content {
        case .codes: (.int32, shapes.codes)
        case .zeros: (.int32, shapes.zeros)
        case .scales: (.float16, shapes.scales)
        case .shape: (.int64, [2])
        case .groupIndex: (.int32, [inFeatures])
        }
      return TensorInfo(name: module + part.suffix, dtype: dtype, shape: shape)
    }
  }
}

extension SafetensorsCheckpointWriter {
  /// Writes the tensors of a linear whose plain weight would be called `weight`.
  mutating func write(
    _ linear: QuantizedLinear, weight: String, as format: CheckpointFormat, _ form: LinearForm
  ) throws {
    let module = weight.removingSuffix(".weight") ?? weight
    let words = linear.words(in: format.words(bits: form.scheme.bits))
    for part in format.parts(form) {
      let name = module + part.suffix
      switch part.content {
      case .codes: try write(unsafe words.codes.span.bytes, of: name)
      case .zeros: try write(unsafe words.zeros.span.bytes, of: name)
      case .scales: try write(unsafe words.scales.span.bytes, of: name)
      case .shape:
        let shape = [Int64(linear.outFeatures), Int64(linear.inFeatures)]
        try write(unsafe shape.span.bytes, of: name)
      case .groupIndex:
        let groups = (0..<linear.inFeatures).map { Int32($0 / linear.scheme.groupSize) }
        try write(unsafe groups.span.bytes, of: name)
      }
    }
  }
}
