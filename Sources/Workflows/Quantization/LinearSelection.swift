// Which linears of a model become codes, and of which kind: those that the patterns leave and the group size fits. What would
// leave nothing, or does nothing, is refused before the work.
internal import Basics
internal import ModelConfig
internal import ModelFiles
internal import Quantization

/// The linears of a model's decoder as a recipe divides them.
struct LinearSelection {
  /// All of them, layer by layer.
  let all: [StoredLinear]
  /// Those that patterns leave but the group size does not fit; loaders fuse some, so that one of these takes the others
  /// of its input along.
  let unfit: [StoredLinear]
  /// Canonical names of those that become codes.
  let quantized: Set<String>
  /// Codes of those of them that have a rule for others than the recipe's; of linears elsewhere, by their names in the
  /// files, eight bits where a rule says so.
  let otherCodes: [String: CodeScheme]
  /// Those elsewhere.
  let outside: [OtherLinear]
  private let wanted: [StoredLinear]
  private let scheme: QuantizationScheme

  /// - Throws: `RecipeError` for a pattern that does nothing; `WorkflowError` if no linear would become codes.
  init(_ recipe: Recipe, of file: ModelFile) throws {
    scheme = try recipe.scheme
    let linears = file.decoderLinears
    all = linears
    let others = file.otherLinears.filter { [scheme] in
      scheme.fits(outFeatures: $0.outFeatures, inFeatures: $0.inFeatures)
    }
    for rule in recipe.rules where !rule.concerns(others) {
      try rule.pattern.requireEffect("rule", on: linears, of: file)
    }
    try Self.requireFirst(recipe.rules, linears, others)
    for (option, patterns) in [("include", recipe.include), ("skip", recipe.skip)] {
      for pattern in patterns { try pattern.requireEffect(option, on: linears, of: file) }
    }
    func outcome(_ linear: StoredLinear) -> ModuleRule.Outcome {
      recipe.rules.first { $0.pattern.matches(linear) }?.outcome ?? .codes(recipe.codes)
    }
    wanted = all.filter { linear in
      (recipe.include.isEmpty || recipe.include.contains { $0.matches(linear) })
        && !recipe.skip.contains { $0.matches(linear) } && outcome(linear) != .sixteenBit
    }
    let fitting = Self.fitting(wanted, scheme)
    unfit = wanted.filter { !fitting.contains($0.module) }
    quantized = fitting
    outside = others.filter { linear in
      recipe.rules.first { $0.pattern.matches(linear) }?.outcome == .codes(.int8)
    }
    let elsewhere = Dictionary(outside.map { ($0.name, CodeScheme.int8) }) { first, _ in first }
    otherCodes = wanted.reduce(into: elsewhere) { others, linear in
      guard case .codes(let codes) = outcome(linear), codes != recipe.codes, fitting.contains(linear.module) else {
        return
      }
      others[linear.module] = codes
    }
    guard fitting.isEmpty else {
      try requireTighter(recipe.sixteenBitBytes)
      return
    }
    guard !wanted.isEmpty else { throw WorkflowError.nothingToQuantize(path: file.path) }
    throw WorkflowError.noLinearFits(
      path: file.path, groupSize: scheme.groupSize, inFeatures: Set(wanted.map(\.inFeatures)).sorted(),
      fitting: Self.schemes.filter { Self.fitting(wanted, $0).count == wanted.count }.map(\.groupSize))
  }

  /// Checks that each rule is the first that fits some linear: of one that is not nothing would come.
  private static func requireFirst(
    _ rules: [ModuleRule], _ linears: [StoredLinear], _ others: [OtherLinear]
  ) throws(RecipeError) {
    let first = Set(
      linears.compactMap { linear in rules.firstIndex { $0.pattern.matches(linear) } }
        + others.compactMap { linear in rules.firstIndex { $0.pattern.matches(linear) } })
    guard let idle = rules.indices.first(where: { !first.contains($0) }) else { return }
    throw RecipeError(
      setting: "rule '\(rules[idle].pattern.text.displayed)'",
      demand: "never counts: rules before it take all linears that it fits; put it before them")
  }

  /// Checks that a budget for linears in 16 bit does not take all of them.
  private func requireTighter(_ budget: Int?) throws(RecipeError) {
    let cost = wanted.filter { quantized.contains($0.module) }.reduce(0.0) { sum, linear in
      let codes = otherCodes[linear.module] ?? scheme.codes
      let bits = QuantizationScheme(groupSize: scheme.groupSize, codes: codes)?.bitsPerWeight ?? scheme.bitsPerWeight
      return sum + Double(linear.outFeatures * linear.inFeatures) * (16 - bits) / 8
    }
    guard let budget, Double(budget) >= cost else { return }
    throw RecipeError(
      setting: "keep-16bit",
      demand: "leaves no linear quantized: all of them take only \(ByteCount.text(Int(cost))) more"
    )
  }

  /// How many of those that become codes have eight bits.
  var eightBitCount: Int { quantized.count { (otherCodes[$0] ?? scheme.codes).bits == 8 } }

  /// What the model's files call each linear, by its canonical name.
  var fileNames: [String: String] { Dictionary(all.map { ($0.module, $0.name) }) { first, _ in first } }

  /// One line on what the group size leaves in 16 bit, if it leaves anything.
  var warnings: [String] {
    guard !unfit.isEmpty else { return [] }
    let kinds = DecoderLinear.allCases.compactMap { kind in
      unfit.first { $0.linear == kind }.map { "\($0.pattern) [\($0.outFeatures), \($0.inFeatures)]" }
    }
    let reason =
      unfit.allSatisfy { $0.inFeatures % scheme.groupSize != 0 }
      ? "in_features not divisible by \(scheme.groupSize)"
      : "in_features not divisible by \(scheme.groupSize) or out_features not by 8, of it or what shares its input"
    return [
      "\(unfit.count) of \(all.count) linears stay in 16 bit, \(reason): \(kinds.joined(separator: ", ")); \(advice)"
    ]
  }

  /// The group size that fits more of them.
  private var advice: String {
    let counts = Self.schemes.map { (size: $0.groupSize, count: Self.fitting(wanted, $0).count) }
    guard let best = counts.max(by: { $0.count < $1.count }), best.count > quantized.count else {
      return "no other group size fits them"
    }
    return "--group-size \(best.size) fits " + (best.count == wanted.count ? "all" : "\(best.count) of \(wanted.count)")
  }

  /// From the largest group on.
  private static let schemes = QuantizationScheme.supportedGroupSizes.sorted(by: >).compactMap {
    QuantizationScheme(groupSize: $0)
  }

  /// Canonical names of the linears that can be stored, those of one input all or none.
  private static func fitting(_ linears: [StoredLinear], _ scheme: QuantizationScheme) -> Set<String> {
    func place(_ linear: StoredLinear) -> String { "\(linear.layer) \(linear.linear.site)" }
    let unfit = Set(
      linears.filter { !scheme.fits(outFeatures: $0.outFeatures, inFeatures: $0.inFeatures) }.map(place))
    return Set(linears.filter { !unfit.contains(place($0)) }.map(\.module))
  }
}

extension StoredLinear {
  /// What matches it in every layer.
  fileprivate var pattern: String {
    let suffix = "\(layer)." + linear.rawValue
    return (name.removingSuffix(suffix) ?? "") + "*." + linear.rawValue
  }
}
