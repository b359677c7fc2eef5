// Patterns that choose linears: they match the names that `inspect` and `quantize` show, and one that chooses nothing is a
// mistake.
internal import Basics
internal import ModelConfig
internal import ModelFiles
internal import Quantization

extension NamePattern {
  /// Whether `linear` fits: by its name in the model's files, with `.weight` or without, or by its canonical one.
  func matches(_ linear: StoredLinear) -> Bool {
    [linear.name, linear.name + ".weight", linear.module].contains(where: matches)
  }

  /// Whether `linear` fits, likewise.
  func matches(_ linear: OtherLinear) -> Bool {
    ([linear.name, linear.name + ".weight"] + linear.canonicalNames).contains(where: matches)
  }

  /// Checks that a linear fits.
  /// - Parameter option: The option that gives the pattern.
  /// - Throws: `RecipeError`, which names what fits instead, or what comes near.
  func requireEffect(_ option: String, on linears: [StoredLinear], of file: ModelFile) throws(RecipeError) {
    guard !linears.contains(where: matches) else { return }
    let nearest = nearest(to: linears).map { "'\($0.displayed)'" }.joined(separator: ", ")
    let other = file.tensors.first { tensor in
      let names = WeightNames.canonical(tensor.name, layout: file.config.layout).map(\.name) + [tensor.name]
      return names.contains { matches($0) || matches($0.removingSuffix(".weight") ?? $0) }
    }
    let problem =
      other.map { "matches '\($0.name.displayed)', which \(Self.fate(of: option)): only the decoder's linears are" }
      ?? "matches no linear"
    throw RecipeError(setting: "\(option) '\(text.displayed)'", demand: "\(problem); nearest: \(nearest)")
  }

  /// What becomes of tensors outside the decoder's layers.
  private static func fate(of option: String) -> String {
    option == "rule" ? "becomes int8 if it is a linear that groups fit, and else stays as it is" : "is never quantized"
  }

  /// How many names are told.
  private static let nearestCount = 3

  /// Runs of as many components as the pattern has, out of the names of `linears`, that take the fewest letters to change;
  /// of equals the first. The first whole name, if all would take more letters than half of the pattern has.
  private func nearest(to linears: [StoredLinear]) -> [String] {
    // No component of a name is longer than the part looked at.
    let wanted = String(text.prefix(256)).split(separator: ".").map(String.init).filter { $0 != "*" }
    var runs: [String] = [], seen: Set<String> = []
    for linear in linears {
      let parts = linear.name.split(separator: ".")
      let count = min(wanted.count, parts.count)
      for start in 0...parts.count - count {
        let run = parts[start..<start + count].joined(separator: ".")
        if seen.insert(run).inserted { runs.append(run) }
      }
    }
    let text = wanted.joined(separator: ".")
    // Nothing is near to a pattern of stars and dots.
    let near = runs.enumerated().map { (editDistance($1, text), $0) }.filter { $0.0 <= text.count / 2 }
    guard !near.isEmpty else { return linears.prefix(1).map(\.name) }
    return near.sorted(by: <).prefix(Self.nearestCount).map { runs[$0.1] }
  }
}

extension ModuleRule {
  /// Whether it says something of linears outside the decoder's layers: those are in eight bits or in 16.
  func concerns(_ linears: [OtherLinear]) -> Bool {
    [.codes(.int8), .sixteenBit].contains(outcome) && linears.contains { pattern.matches($0) }
  }
}
