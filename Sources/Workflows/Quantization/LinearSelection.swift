// Which linears of a model become int4: those that the patterns leave and the group size fits. What would leave nothing, or
// does nothing, is refused before the work.
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
  /// Canonical names of those that become int4.
  let quantized: Set<String>
  private let wanted: [StoredLinear]
  private let scheme: QuantizationScheme

  /// - Throws: `RecipeError` for a pattern that does nothing; `WorkflowError` if no linear would become int4.
  init(_ recipe: Recipe, of file: ModelFile) throws {
    scheme = try recipe.scheme
    let linears = file.decoderLinears
    all = linears
    for (option, patterns) in [("include", recipe.include), ("skip", recipe.skip)] {
      for pattern in patterns { try pattern.requireEffect(option, on: linears, of: file) }
    }
    wanted = all.filter { linear in
      (recipe.include.isEmpty || recipe.include.contains { $0.matches(linear) })
        && !recipe.skip.contains { $0.matches(linear) }
    }
    let fitting = Self.fitting(wanted, scheme)
    unfit = wanted.filter { !fitting.contains($0.module) }
    quantized = fitting
    guard fitting.isEmpty else {
      try requireTighter(recipe.sixteenBitBytes)
      return
    }
    guard !wanted.isEmpty else { throw WorkflowError.nothingToQuantize(path: file.path) }
    throw WorkflowError.noLinearFits(
      path: file.path, groupSize: scheme.groupSize, inFeatures: Set(wanted.map(\.inFeatures)).sorted(),
      fitting: Self.schemes.filter { Self.fitting(wanted, $0).count == wanted.count }.map(\.groupSize))
  }

  /// Checks that a budget for linears in 16 bit does not take all of them.
  private func requireTighter(_ budget: Int?) throws(RecipeError) {
    let weights = wanted.filter { quantized.contains($0.module) }.reduce(0) { $0 + $1.outFeatures * $1.inFeatures }
    let cost = Double(weights) * (16 - scheme.bitsPerWeight) / 8
    guard let budget, Double(budget) >= cost else { return }
    throw RecipeError(
      setting: "keep-16bit", demand: "leaves no linear in int4: all of them take only \(ByteCount.text(Int(cost))) more"
    )
  }

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
