// Names and shapes of quantized tensors.
internal import JSON
internal import ModelConfig
internal import Safetensors
internal import Tensors

struct LayoutChecks {
  let repository: Repository

  private static let fused = DecoderLinear.fusedSets.map { $0.map(\.component) }

  func findings() -> [Finding] { outside() + shapes() + fusedSets() }

  /// What AWQ quantizes outside the decoder layers. Other methods state module by module what they do.
  private func outside() -> [Finding] {
    let modules = repository.linears.filter {
      $0.layout == .awq && (!$0.module.contains(DecoderNames.layersComponent) || $0.module.contains("vision"))
    }
    guard let first = modules.first else { return [] }
    return [
      Finding(
        "L101", .error, first.module,
        "\(modules.count) quantized modules outside the language model's layers; loaders keep projector, vision tower and "
          + "lm_head in 16 bit", do: "quantize again without them")
    ]
  }

  private func shapes() -> [Finding] {
    guard let checkpoint = repository.checkpoint else { return [] }
    return repository.linears.compactMap { linear in
      let absent = Self.parts(of: linear.layout).filter { !checkpoint.contains(linear.module + $0) }
      guard absent.isEmpty else {
        return Finding(
          "L201", .error, linear.module, "\(absent.map { $0.dropFirst() }.joined(separator: " and ")) missing",
          do: "take complete shards")
      }
      switch linear.layout {
      case .awq: return words(linear, checkpoint)
      case .packed: return packed(linear, checkpoint)
      case .gptq, .scaled: return nil
      }
    }
  }

  /// What every linear of a layout has beside its codes.
  private static func parts(of layout: StoredLayout) -> [String] {
    switch layout {
    case .awq: [".qzeros", ".scales"]
    case .gptq: [".qzeros", ".scales"]
    case .packed: [".weight_scale", ".weight_shape"]
    case .scaled: []
    }
  }

  private func words(_ linear: QuantizedLinear, _ checkpoint: SafetensorsCheckpoint) -> Finding? {
    func wrong(_ what: String) -> Finding {
      Finding("L202", .error, linear.module, what, do: "quantize again in the GEMM layout")
    }
    guard let codes = checkpoint.info(linear.module + ".qweight"),
      let zeros = checkpoint.info(linear.module + ".qzeros"), let scales = checkpoint.info(linear.module + ".scales")
    else { return nil }
    guard codes.shape.rank == 2, zeros.shape.rank == 2, scales.shape.rank == 2 else {
      return wrong("qweight, qzeros and scales must have two dimensions")
    }
    let (rows, groups) = (codes.shape[0], scales.shape[0])
    guard codes.shape[1] == zeros.shape[1], zeros.shape[0] == groups, groups > 0,
      codes.shape[1].multipliedReportingOverflow(by: 8).partialValue == scales.shape[1]
    else {
      return wrong("qweight \(codes.shape), qzeros \(zeros.shape) and scales \(scales.shape) do not belong together")
    }
    guard codes.dtype == .int32, zeros.dtype == .int32, scales.dtype == .float16 || scales.dtype == .bfloat16 else {
      return wrong(
        "types are \(codes.dtype.rawValue), \(zeros.dtype.rawValue), \(scales.dtype.rawValue), not I32, I32, F16")
    }
    return self.groups(linear, rows) ?? scaleType(linear)
  }

  /// Whether `group_size` is that of the shapes; −1 means one group a row.
  private func groups(_ linear: QuantizedLinear, _ rows: Int) -> Finding? {
    guard let stated = repository.groupSize, let count = linear.groupCount else { return nil }
    guard stated == -1 ? count != 1 : count.multipliedReportingOverflow(by: stated) != (rows, false) else { return nil }
    let size = count == 1 ? "one group a row" : linear.groupSize.map { "groups of \($0)" } ?? "\(rows) / \(count)"
    return Finding(
      "L203", .error, linear.module, "group_size is \(stated), but the shapes say \(size)",
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

  private func packed(_ linear: QuantizedLinear, _ checkpoint: SafetensorsCheckpoint) -> Finding? {
    guard let codes = checkpoint.info(linear.module + ".weight_packed"),
      let scales = checkpoint.info(linear.module + ".weight_scale"), codes.dtype == .int32
    else { return nil }
    guard codes.shape.rank == 2, scales.shape.rank == 2, codes.shape[0] == scales.shape[0], scales.shape[1] > 0,
      linear.inFeatures.map({ $0 % scales.shape[1] == 0 }) ?? true
    else {
      return Finding(
        "L202", .error, linear.module,
        "weight_packed \(codes.shape) and weight_scale \(scales.shape) do not belong together",
        do: "take complete shards, or quantize again")
    }
    return nil
  }

  /// Linears that loaders fuse, of which some are quantized and some are not.
  private func fusedSets() -> [Finding] {
    let quantized = Set(repository.quantizedModules), plain = Set(repository.plainLinears)
    var findings: [Finding] = []
    for module in repository.quantizedModules {
      for set in Self.fused {
        guard let name = set.first(where: { module.hasSuffix("." + $0) }) else { continue }
        let parent = module.dropLast(name.count)
        guard let other = set.first(where: { plain.contains(parent + $0) && !quantized.contains(parent + $0) }) else {
          continue
        }
        findings.append(
          Finding(
            "L301", .error, module, "is quantized, but \(other) beside it is not; vLLM fuses them",
            do: "quantize all of \(set.joined(separator: ", ")) or none"))
      }
    }
    return findings
  }
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
}
