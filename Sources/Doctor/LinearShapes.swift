// Types and shapes of one quantized linear's tensors: whether they belong together, and to what config.json states.
internal import JSON
internal import Safetensors
internal import Tensors

/// Looks at linears of which all parts are there.
struct LinearShapes {
  private let repository: Repository
  private let checkpoint: SafetensorsCheckpoint

  init(_ repository: Repository, _ checkpoint: SafetensorsCheckpoint) {
    self.repository = repository
    self.checkpoint = checkpoint
  }

  /// The first thing that is wrong.
  func fault(of linear: QuantizedLinear) -> Finding? {
    switch linear.layout {
    case .awq: awq(linear)
    case .gptq: gptq(linear)
    case .packed: packed(linear)
    case .scaled: nil
    }
  }

  /// Types that scales of whole numbers have.
  private static let scaleTypes: [DType] = [.float16, .bfloat16, .float32]

  private func wrong(_ linear: QuantizedLinear, _ what: String, do advice: String) -> Finding {
    Finding("L202", .error, linear.module, what, do: advice)
  }

  private func awq(_ linear: QuantizedLinear) -> Finding? {
    let advice = "quantize again in the GEMM layout"
    guard let parts = words(linear) else { return nil }
    let (codes, zeros, scales) = (parts.codes, parts.zeros, parts.scales)
    guard parts.areMatrices else {
      return wrong(linear, "qweight, qzeros and scales must have two dimensions", do: advice)
    }
    let (rows, groups) = (codes.shape[0], scales.shape[0])
    guard codes.shape[1] == zeros.shape[1], zeros.shape[0] == groups, groups > 0,
      codes.shape[1].multipliedReportingOverflow(by: 8).partialValue == scales.shape[1]
    else { return wrong(linear, parts.unrelated, do: advice) }
    guard codes.dtype == .int32, zeros.dtype == .int32, scales.dtype == .float16 || scales.dtype == .bfloat16 else {
      return wrong(
        linear,
        "types are \(codes.dtype.rawValue), \(zeros.dtype.rawValue), \(scales.dtype.rawValue), not I32, I32, F16",
        do: advice)
    }
    return self.groups(linear, rows) ?? scaleType(linear)
  }

  /// Codes in words along the input, as many bits each as config.json states.
  private func gptq(_ linear: QuantizedLinear) -> Finding? {
    let advice = "take complete shards, or quantize again"
    guard let parts = words(linear), let bits = storedBits(linear, parts) else { return nil }
    guard parts.areMatrices else {
      return wrong(linear, "qweight, qzeros and scales must have two dimensions", do: advice)
    }
    let (codes, zeros, scales) = (parts.codes, parts.zeros, parts.scales)
    guard codes.dtype == .int32, zeros.dtype == .int32, Self.scaleTypes.contains(scales.dtype) else {
      return wrong(
        linear,
        "types are \(codes.dtype.rawValue), \(zeros.dtype.rawValue), \(scales.dtype.rawValue), not I32, I32, F16",
        do: advice)
    }
    let (outputs, count) = (codes.shape[1], scales.shape[0])
    guard let inputs = linear.inFeatures, count > 0, inputs % count == 0, scales.shape[1] == outputs,
      zeros.shape[0] == count, CodeWords.count(of: outputs, bits: bits) == zeros.shape[1],
      CodeWords.count(of: inputs, bits: bits) == codes.shape[0]
    else { return wrong(linear, parts.unrelated + " in \(bits) bits", do: advice) }
    return groups(linear, inputs) ?? order(linear, inputs, groups: count)
  }

  /// Whether input features have their groups in order, if they are told them one by one.
  private func order(_ linear: QuantizedLinear, _ inputs: Int, groups: Int) -> Finding? {
    guard let view = try? checkpoint.view(linear.module + ".g_idx") else { return nil }
    defer { view.release() }
    guard let told = view.wholeNumbers, told.count == inputs, told.allSatisfy({ (0..<groups).contains($0) }) else {
      return wrong(
        linear, "g_idx names no group of \(groups) for each of \(inputs) input features",
        do: "take complete shards, or quantize again")
    }
    if told.indices.allSatisfy({ told[$0] == $0 / (inputs / groups) }) { return nil }
    return Finding(
      "L205", repository.stated?.value["desc_act"]?.boolValue == true ? .note : .warning, linear.module,
      "groups are not in the order of input features (desc_act): vLLM 0.33 reads them so if config.json says it, skyquant "
        + "does not compute with them",
      do: "for AWQ quantize again with desc_act false, or round once more: skyquant export --requantize")
  }

  /// The same along the input, rows as the weight has them; `weight_shape` says where the padding of words begins.
  private func packed(_ linear: QuantizedLinear) -> Finding? {
    let advice = "take complete shards, or quantize again"
    guard let codes = checkpoint.info(linear.module + ".weight_packed"),
      let scales = checkpoint.info(linear.module + ".weight_scale")
    else { return nil }
    guard codes.dtype == .int32 else {
      // NVFP4 has bytes there.
      guard repository.stated?.layout == .packed else { return nil }
      return wrong(linear, "weight_packed is \(codes.dtype.rawValue), not I32", do: advice)
    }
    guard codes.shape.rank == 2, scales.shape.rank == 2, codes.shape[0] == scales.shape[0], scales.shape[1] > 0 else {
      return wrong(
        linear, "weight_packed \(codes.shape) and weight_scale \(scales.shape) do not belong together", do: advice)
    }
    guard Self.scaleTypes.contains(scales.dtype) else {
      return wrong(linear, "weight_scale is \(scales.dtype.rawValue), not F16, BF16 or F32", do: advice)
    }
    guard let shape = linear.storedShape, shape.count == 2 else {
      return wrong(linear, "weight_shape holds no two whole numbers", do: advice)
    }
    let bits = packedBits.first { CodeWords.count(of: shape[1], bits: $0) == codes.shape[1] }
    guard shape[0] == codes.shape[0], let bits, shape[1] % scales.shape[1] == 0 else {
      return wrong(
        linear,
        "weight_shape says \(Shape(shape)), but weight_packed is \(codes.shape) and weight_scale \(scales.shape), in "
          + packedBits.map(String.init).joined(separator: " or ") + " bits", do: advice)
    }
    return zeros(linear, codes, scales, bits, do: advice) ?? self.groups(linear, shape[1])
  }

  /// Bits that compressed-tensors' codes may have: those that are stated.
  private var packedBits: [Int] {
    let stated = Set(repository.stated?.packedGroups.map(\.statedBits) ?? [])
    return stated.isEmpty ? CodeWords.bits : stated.sorted()
  }

  /// Zeros of compressed-tensors, in words along the rows.
  private func zeros(
    _ linear: QuantizedLinear, _ codes: TensorInfo, _ scales: TensorInfo, _ bits: Int, do advice: String
  ) -> Finding? {
    guard let zeros = checkpoint.info(linear.module + ".weight_zero_point") else { return nil }
    guard zeros.dtype == .int32 else {
      // Formats that are not packed have them one by one.
      guard repository.stated?.layout == .packed else { return nil }
      return wrong(linear, "weight_zero_point is \(zeros.dtype.rawValue), not I32", do: advice)
    }
    let isRelated =
      zeros.shape.rank == 2 && zeros.shape[1] == scales.shape[1]
      && CodeWords.count(of: codes.shape[0], bits: bits) == zeros.shape[0]
    return isRelated
      ? nil
      : wrong(
        linear, "weight_zero_point \(zeros.shape) and weight_scale \(scales.shape) do not belong together", do: advice)
  }

  /// Bits of a code: those that are stated, or, where single modules have their own, those that the shapes tell; nil for
  /// none that are stored in words.
  private func storedBits(_ linear: QuantizedLinear, _ parts: Words) -> Int? {
    guard repository.stated?.hasOverrides == true else { return Self.stored(bits: repository.stated?.bits ?? 4) }
    guard parts.areMatrices, parts.scales.shape[1] > 0 else { return 4 }
    return CodeWords.bits(words: parts.zeros.shape[1], values: parts.scales.shape[1]) ?? 4
  }

  /// Whether `group_size` is that of the shapes; −1 means one group a row.
  private func groups(_ linear: QuantizedLinear, _ inputs: Int) -> Finding? {
    guard let sizes = repository.groupSizes(bits: linear.bits), let count = linear.groupCount else { return nil }
    let fits = sizes.contains { $0 == -1 ? count == 1 : count.multipliedReportingOverflow(by: $0) == (inputs, false) }
    if fits { return nil }
    let size = count == 1 ? "one group a row" : linear.groupSize.map { "groups of \($0)" } ?? "\(inputs) / \(count)"
    return Finding(
      "L203", .error, linear.module,
      "group_size is \(sizes.map(String.init).joined(separator: " or ")), but the shapes say \(size)",
      do: "correct group_size in config.json")
  }

  private func scaleType(_ linear: QuantizedLinear) -> Finding? {
    guard let type = linear.scaleType, type != .float16 else { return nil }
    return Finding(
      "L204", .warning, linear.module,
      "scales are \(type.rawValue): lmdeploy 0.18 and AutoAWQ take F16, vLLM 0.33 takes them with torch_dtype "
        + "bfloat16",
      do: "store them as F16: skyquant import, then export --to awq")
  }

  private struct Words {
    let codes: TensorInfo, zeros: TensorInfo, scales: TensorInfo

    var areMatrices: Bool { [codes, zeros, scales].allSatisfy { $0.shape.rank == 2 } }

    var unrelated: String {
      "qweight \(codes.shape), qzeros \(zeros.shape) and scales \(scales.shape) do not belong together"
    }
  }

  private func words(_ linear: QuantizedLinear) -> Words? {
    guard let codes = checkpoint.info(linear.module + ".qweight"),
      let zeros = checkpoint.info(linear.module + ".qzeros"), let scales = checkpoint.info(linear.module + ".scales")
    else { return nil }
    return Words(codes: codes, zeros: zeros, scales: scales)
  }

  /// `bits` if codes of so many are stored in words.
  private static func stored(bits: Int) -> Int? { CodeWords.bits.contains(bits) ? bits : nil }
}

extension Repository {
  /// Input features that share a scale, as config.json has it wherever it stands there, −1 for one scale a row; 128, as
  /// loaders take it, if `quantization_config` does not say; nil for what no reader takes, which is a finding about config.json.
  var groupSize: Int? {
    guard let stated else { return nil }
    let given = ["group_size", "q_group_size"].lazy.compactMap { stated.value[$0] }.first { !$0.isNull }
    guard let given else { return stated.groupSize ?? 128 }
    guard let size = given.intValue, size == -1 || (1...1 << 30).contains(size) else { return nil }
    return size
  }

  /// The same of linears with so many bits, where groups of modules may differ.
  fileprivate func groupSizes(bits: Int?) -> [Int]? {
    if stated?.hasOverrides == true { return nil }
    guard let stated, !stated.packedGroups.isEmpty else { return groupSize.map { [$0] } }
    let sizes = stated.packedGroups(bits: bits).map(\.statedGroupSize)
    return sizes.isEmpty ? nil : sizes
  }
}
