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
    let shapes = LinearShapes(repository, checkpoint)
    return repository.linears.compactMap { linear in
      let absent = parts(of: linear).filter { !checkpoint.contains(linear.module + $0) }
      guard absent.isEmpty else {
        return Finding(
          "L201", .error, linear.module, "\(absent.map { $0.dropFirst() }.joined(separator: " and ")) missing",
          do: "take complete shards")
      }
      return shapes.fault(of: linear)
    }
  }

  /// Whether compressed-tensors' groups of such linears have zeros of their own, all of them.
  private func areZerosStated(_ linear: QuantizedLinear) -> Bool {
    let groups = repository.stated?.packedGroups(of: linear) ?? []
    return !groups.isEmpty && groups.allSatisfy { $0["symmetric"]?.boolValue == false }
  }

  /// What a linear has beside its codes.
  private func parts(of linear: QuantizedLinear) -> [String] {
    switch linear.layout {
    case .awq, .gptq: [".qzeros", ".scales"]
    case .packed: [".weight_scale", ".weight_shape"] + (areZerosStated(linear) ? [".weight_zero_point"] : [])
    case .scaled: []
    }
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
