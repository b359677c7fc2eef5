// Whether the tensors are those that config.json calls for: what `run` and `verify` ask for, before they ask.
internal import JSON
internal import ModelConfig
internal import Safetensors
internal import Tensors

struct WeightChecks {
  let repository: Repository

  private static let advice = "take config.json and shards from one repository"

  /// Nothing where config.json or the shards cannot be read: that is a finding of its own.
  func findings() -> [Finding] {
    guard let document = repository.bareConfig, let config = try? ModelConfig(document: document),
      let checkpoint = repository.checkpoint, WrapperPrefix(checkpoint.tensors.lazy.map(\.name)) == nil
    else { return [] }
    let check = WeightCheck(config, stored(checkpoint.tensors))
    return twice(checkpoint) + grouped(check.faults()) + unused(check)
  }

  /// The tensors, those of a quantized linear as the weight that they stand for.
  private func stored(_ tensors: [TensorInfo]) -> [StoredWeight] {
    let linears = Dictionary(repository.linears.map { ($0.module, $0) }) { first, _ in first }
    let weights = repository.linears.compactMap { linear -> StoredWeight? in
      guard let rows = linear.outFeatures, let columns = linear.inFeatures,
        let shape = Shape(checking: [rows, columns])
      else { return nil }
      return StoredWeight(name: linear.module + ".weight", dtype: nil, shape: shape)
    }
    return weights
      + tensors.compactMap { info in
        // Constants that config.json gives.
        if info.name.hasSuffix(".rotary_emb.inv_freq") { return nil }
        let parts = StoredLayout.partSuffixes + [".weight"]
        let module = parts.lazy.compactMap { info.name.withoutSuffix($0) }.first
        guard module.map({ linears[$0] == nil }) ?? true else { return nil }
        return StoredWeight(name: info.name, dtype: info.dtype, shape: info.shape)
      }
  }

  /// Linears that are there in 16 bit and in int4.
  private func twice(_ checkpoint: SafetensorsCheckpoint) -> [Finding] {
    let both = repository.linears.filter { $0.layout != .scaled && checkpoint.contains($0.module + ".weight") }
    guard let first = both.first else { return [] }
    return [
      repeated("\(both.count) linears have a weight and a \(first.layout.codesSuffix.dropFirst())", at: first.module)
    ]
  }

  private func repeated(_ what: String, at place: String) -> Finding {
    Finding(
      "L504", .error, place, what + ": programs differ in which they take", do: "take one of them out of the shards")
  }

  /// Faults that one wrong key explains are one finding.
  private func grouped(_ faults: [WeightFault]) -> [Finding] {
    var findings: [Finding] = []
    var tensorsByKey: [String: Int] = [:]
    for case .shape(_, let expected, let found) in faults {
      tensorsByKey[Self.key(expected, found), default: 0] += 1
    }
    for fault in faults {
      switch fault {
      case .storedTwice(let first, let second):
        findings.append(repeated("is the same weight as '\(second)'", at: first))
      case .layerCount(let key, let stated, let stored):
        findings.append(
          Finding(
            "L503", .error, "config.json", "\(key) is \(stated), but the weights have \(stored) such layers",
            do: Self.advice))
      case .missing(let first, let count):
        findings.append(
          Finding(
            "L501", .error, first, "\(count) tensors that config.json calls for are missing",
            do: "take complete shards"))
      case .type(let tensor, let expected, let found):
        findings.append(
          Finding("L505", .error, tensor, "expected \(expected), found \(found)", do: "convert it to one of them"))
      case .shape(let tensor, let expected, let found):
        guard let count = tensorsByKey.removeValue(forKey: Self.key(expected, found)) else { continue }
        findings.append(
          Finding(
            "L502", .error, tensor,
            "\(count) tensors are not as long as \(Self.key(expected, found)) of config.json says: shape \(found), not "
              + "[\(expected.map { String($0.size) }.joined(separator: ", "))]", do: Self.advice))
      }
    }
    return findings
  }

  /// What in config.json states the first extent that is another one; all of it for another number of dimensions.
  private static func key(_ expected: [RequiredWeight.Extent], _ found: Shape) -> String {
    let differing = zip(expected, found.dimensions).first { $0.size != $1 }?.0
    return (expected.count == found.rank ? differing?.key : nil) ?? expected.map(\.key).joined(separator: ", ")
  }

  private func unused(_ check: WeightCheck) -> [Finding] {
    guard let first = check.unusedInDecoder.first else { return [] }
    return [
      Finding(
        "L506", .warning, first,
        "\(check.unusedInDecoder.count) tensors of the decoder's layers are not used by a model of this config",
        do: "look whether model_type and attention_bias are right")
    ]
  }
}
