// Names and shapes of quantized tensors, and how many devices can share them.
internal import JSON
internal import ModelConfig
internal import Safetensors
internal import Tensors

struct LayoutChecks {
  let repository: Repository
  let groupSize: Int?

  /// Degrees of tensor parallelism that people use.
  private static let degrees = [2, 4, 8]
  /// Linears that are cut along their inputs; the others are cut along their outputs.
  private static let cutAlongInputs = DecoderLinear.allCases.filter { $0.site.entersResidual }
    .map { "." + $0.component }
  private static let fused = DecoderLinear.fusedSets.map { $0.map(\.component) }

  func findings() -> [Finding] { outside() + shapes() + fusedSets() + parallel() }

  /// What is quantized outside the decoder layers.
  private func outside() -> [Finding] {
    let modules = repository.quantizedModules.filter {
      !$0.contains(DecoderNames.layersComponent) || $0.contains("vision")
    }
    guard let first = modules.first else { return [] }
    return [
      Finding(
        "L101", .error, first,
        "\(modules.count) quantized modules outside the language model's layers; loaders keep projector, vision tower and "
          + "lm_head in 16 bit", do: "quantize again without them")
    ]
  }

  private func shapes() -> [Finding] {
    guard let checkpoint = repository.checkpoint else { return [] }
    let infos = Dictionary(checkpoint.tensors.map { ($0.name, $0) }) { first, _ in first }
    let findings = repository.quantizedModules.compactMap { module -> Finding? in
      guard let codes = infos[module + ".qweight"] else { return nil }
      guard let zeros = infos[module + ".qzeros"], let scales = infos[module + ".scales"] else {
        return Finding("L201", .error, module, "qzeros or scales are missing", do: "take complete shards")
      }
      return shape(module, codes, zeros, scales)
    }
    return counted(findings)
  }

  /// Findings of one kind as one, at the first module that has it.
  private func counted(_ findings: [Finding]) -> [Finding] {
    var firsts: [Finding] = [], counts: [Int] = []
    for finding in findings {
      if let index = firsts.firstIndex(where: { $0.id == finding.id && $0.what == finding.what }) {
        counts[index] += 1
      } else {
        firsts.append(finding)
        counts.append(1)
      }
    }
    return zip(firsts, counts).map { first, count in
      guard count > 1 else { return first }
      return Finding(first.id, first.severity, first.place, "\(count) linears: \(first.what)", do: first.advice)
    }
  }

  private func shape(_ module: String, _ codes: TensorInfo, _ zeros: TensorInfo, _ scales: TensorInfo) -> Finding? {
    func wrong(_ what: String) -> Finding {
      Finding("L202", .error, module, what, do: "quantize again in the GEMM layout")
    }
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
    if let groupSize, groups.multipliedReportingOverflow(by: groupSize) != (rows, false) {
      return Finding(
        "L203", .error, module, "group_size is \(groupSize), but the shapes say \(rows) / \(groups)",
        do: "correct group_size in config.json")
    }
    guard scales.dtype == .float16 else {
      return Finding(
        "L204", .warning, module,
        "scales are \(scales.dtype.rawValue): AWQ kernels take F16, and skyquant reads no other",
        do: "store them as F16")
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

  /// Which linears cannot be cut for so many devices: parts must be whole groups along inputs, and whole words of eight
  /// along outputs.
  private func parallel() -> [Finding] {
    guard let groupSize, let checkpoint = repository.checkpoint else { return [] }
    return Self.degrees.compactMap { degree in
      let misaligned = checkpoint.tensors.filter { info in
        guard let module = info.name.withoutSuffix(".qweight"), info.shape.rank == 2 else { return false }
        if Self.cutAlongInputs.contains(where: { module.hasSuffix($0) }) {
          return info.shape[0] % (degree * groupSize) != 0
        }
        return info.shape[1] % degree != 0
      }
      guard let first = misaligned.first else { return nil }
      return Finding(
        "L401", .warning, first.name,
        "\(misaligned.count) linears cannot be cut for \(degree) devices: shape \(first.shape), groups of \(groupSize)",
        do: "serve on fewer devices, or quantize with a smaller group size")
    }
  }
}
