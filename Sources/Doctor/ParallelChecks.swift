// How many devices can share a model: heads, groups along inputs, words along outputs. The rules are those of vLLM 0.33; what
// older versions and SGLang demand beyond them is a warning.
internal import JSON
internal import ModelConfig

struct ParallelChecks {
  let repository: Repository
  /// A degree that somebody means to use; nil for those that people use.
  let asked: Int?

  /// Degrees of tensor parallelism that people use.
  private static let usual = [2, 4, 8]
  /// Codes that share a word along the output.
  private static let word = 8
  /// What Marlin's kernels of vLLM before 0.1x padding, and of SGLang, divide outputs and inputs by.
  private static let tile = (out: 64, in: 128)
  /// Linears that are cut along their inputs; the others are cut along their outputs.
  private static let cutAlongInputs = DecoderLinear.allCases.filter { $0.site.entersResidual }.map {
    "." + $0.component
  }
  private static func isInMLP(_ linear: QuantizedLinear) -> Bool {
    DecoderLinear(module: "." + linear.module).map { [.mlpInput, .mlpOutput].contains($0.site) } ?? false
  }
  private static let ofKeys = [DecoderLinear.key, .value].map { "." + $0.component }

  func findings() -> [Finding] {
    guard let asked else { return Self.usual.compactMap { uncut(for: $0, .warning) } }
    return heads(asked) + [uncut(for: asked, .error)].compactMap(\.self) + slow(asked)
  }

  /// Attention is cut by heads; fewer key heads than devices are repeated.
  private func heads(_ degree: Int) -> [Finding] {
    guard let config = repository.languageConfig, let heads = config["num_attention_heads"]?.intValue else { return [] }
    let keys = config["num_key_value_heads"]?.intValue ?? heads
    var findings: [Finding] = []
    if heads % degree != 0 {
      findings.append(
        Finding(
          "L403", .error, "config.json", "\(heads) attention heads cannot be shared by \(degree) devices",
          do: "serve on a number of devices that divides them"))
    }
    if keys > 0, keys % degree != 0, degree % keys != 0 {
      findings.append(
        Finding(
          "L403", .error, "config.json",
          "\(keys) key-value heads can neither be shared nor repeated by \(degree) devices",
          do: "serve on a number of devices that divides them, or that they divide"))
    }
    return findings
  }

  /// Linears that cannot be cut at all: parts must be whole groups along inputs, and whole words of eight along outputs.
  private func uncut(for degree: Int, _ severity: Finding.Severity) -> Finding? {
    let bad = repository.linears.filter { !isCut($0, degree, out: Self.word, in: 1) }
    guard let first = bad.first, let shape = first.shape else { return nil }
    let groups = first.groupSize.map { ", groups of \($0)" } ?? ""
    return Finding(
      "L401", severity, first.module,
      "\(bad.count) linears cannot be cut for \(degree) devices by vLLM 0.33: in \(shape.in), out \(shape.out)\(groups)",
      do: bad.allSatisfy(Self.isInMLP)
        ? "serve on fewer devices, or widen the MLPs with `skyquant export --pad-for \(degree)`"
        : "serve on fewer devices, or quantize with a smaller group size", topic: "\(degree)")
  }

  private func slow(_ degree: Int) -> [Finding] {
    let bad = repository.linears.filter {
      isCut($0, degree, out: Self.word, in: 1) && !isCut($0, degree, out: Self.tile.out, in: Self.tile.in)
    }
    guard let first = bad.first, let shape = first.shape else { return [] }
    return [
      Finding(
        "L404", .warning, first.module,
        "\(bad.count) linears do not fill the tiles of \(Self.tile.out) outputs and \(Self.tile.in) inputs on each of "
          + "\(degree) devices: in \(shape.in), out \(shape.out); older vLLM and SGLang 0.5.23 refuse them, vLLM 0.33 pads",
        do: "serve with vLLM 0.33, or on fewer devices")
    ]
  }

  /// Whether each device gets whole groups, and a multiple of `out` outputs or `in` inputs.
  private func isCut(_ linear: QuantizedLinear, _ degree: Int, out: Int, in inputs: Int) -> Bool {
    guard let shape = linear.shape, linear.layout != .scaled else { return true }
    if Self.cutAlongInputs.contains(where: { linear.module.hasSuffix($0) }) {
      let groups = linear.groupCount ?? 1
      return shape.in % (degree * inputs) == 0 && (groups == 1 || groups % degree == 0)
    }
    let repeated = Self.ofKeys.contains { linear.module.hasSuffix($0) } ? repetitions(degree) : 1
    return shape.out * repeated % (degree * out) == 0
  }

  /// On how many devices each key head is, if there are fewer than devices.
  private func repetitions(_ degree: Int) -> Int {
    guard let config = repository.languageConfig,
      let keys = config["num_key_value_heads"]?.intValue ?? config["num_attention_heads"]?.intValue, keys > 0,
      keys < degree, degree % keys == 0
    else { return 1 }
    return degree / keys
  }
}

extension QuantizedLinear {
  /// Where the shapes say both.
  fileprivate var shape: (in: Int, out: Int)? {
    guard let inFeatures, let outFeatures else { return nil }
    return (inFeatures, outFeatures)
  }
}
