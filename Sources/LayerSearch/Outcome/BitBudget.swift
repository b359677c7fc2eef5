// Which linears get more bits than the others when a number of bits may be spent on it: four bits become eight or
// sixteen where that saves most of the error for each bit.

/// What a linear can be raised to.
public enum RaisedForm: String, Sendable, CaseIterable {
  /// Codes of eight bits.
  case int8
  /// What it was.
  case sixteenBit = "16bit"
}

/// The output errors that a linear has in its raised forms, on the same tokens as those of its report.
public struct RaisedErrors: Sendable, Equatable {
  /// Of what is rounded in its place, plainly rounded to eight bits: an upper bound for what a search would find.
  public var eightBits: Double
  /// Of the original weights: what the drift of their inputs costs.
  public var original: Double

  /// Mean squared output errors per token.
  public init(eightBits: Double, original: Double) {
    self.eightBits = eightBits
    self.original = original
  }
}

/// Linears that have more bits than the others, by the names of their reports.
public struct RaisedLinears: Sendable, Equatable {
  /// Those with codes of eight bits.
  public var eightBit: Set<String>
  /// Those that stay as they were.
  public var sixteenBit: Set<String>

  /// A choice.
  public init(eightBit: Set<String> = [], sixteenBit: Set<String> = []) {
    self.eightBit = eightBit
    self.sixteenBit = sixteenBit
  }
}

/// A choice of linears, and of what they become, by what that saves of their errors for each bit.
public struct BitBudget: Sendable {
  /// Bits that may be spent.
  public var bits: Double
  /// What linears may become.
  public var forms: Set<RaisedForm>

  /// A budget.
  public init(bits: Double, forms: Set<RaisedForm>) {
    self.bits = bits
    self.forms = forms
  }

  /// The linears to raise.
  ///
  /// Sets that loaders fuse are raised together. The value of a set in a form is by how much the sum of its linears'
  /// relative output errors, error / output energy, falls. Each set has a way up: from where it is to the form that
  /// wins most for each bit, and on from there (the upper convex hull of its values over bits). Steps of all ways are
  /// taken in order of what they win for each bit, as long as they fit; of equals the first. That is the greedy
  /// solution of a multiple-choice knapsack (Sinha and Zoltners, Operations Research 27, 1979).
  /// - Parameters:
  ///   - reports: of a run that quantized all of them.
  ///   - errors: of each in its raised forms, by the name in its report; nothing is spent on others.
  ///   - bitsPerWeight: of each, by the name in its report, in a form; of nil in the one that it had in that run.
  public func choice(
    by reports: [LinearReport], errors: [String: RaisedErrors],
    bitsPerWeight: (_ module: String, _ form: RaisedForm?) -> Double
  ) -> RaisedLinears {
    let sets = reports.fusedSets
    let steps = sets.enumerated().flatMap { index, set in self.steps(of: set, at: index, errors, bitsPerWeight) }
    var left = bits
    var taken: [Int: Step] = [:]
    for step in steps.sorted(by: Step.isBefore) where step.bits <= left {
      // A step is of no use without those before it.
      guard step.number == (taken[step.set]?.number ?? -1) + 1 else { continue }
      left -= step.bits
      taken[step.set] = step
    }
    var raised = RaisedLinears()
    for step in taken.values {
      let modules = sets[step.set].map(\.module)
      switch step.form {
      case .int8: raised.eightBit.formUnion(modules)
      case .sixteenBit: raised.sixteenBit.formUnion(modules)
      }
    }
    return raised
  }

  /// A step of a set's way up.
  private struct Step {
    let set: Int, number: Int
    let form: RaisedForm
    /// What it takes and wins beyond the step before.
    let bits: Double, gain: Double

    static func isBefore(_ a: Step, _ b: Step) -> Bool {
      let (left, right) = (a.gain / a.bits, b.gain / b.bits)
      return left == right ? (a.set, a.number) < (b.set, b.number) : left > right
    }
  }

  private func steps(
    of set: [LinearReport], at index: Int, _ errors: [String: RaisedErrors],
    _ bitsPerWeight: (String, RaisedForm?) -> Double
  ) -> [Step] {
    let options = RaisedForm.allCases.filter(forms.contains).map { form in
      let bits = set.reduce(0.0) { sum, linear in
        let more = bitsPerWeight(linear.module, form) - bitsPerWeight(linear.module, nil)
        return sum + more * Double(linear.outFeatures * linear.inFeatures)
      }
      return (form: form, bits: bits, gain: set.reduce(0.0) { $0 + $1.relativeGain(as: form, errors[$1.module]) })
    }
    var steps: [Step] = []
    var (bits, gain) = (0.0, 0.0)
    func next() -> Step? {
      options.filter { $0.bits > bits && $0.gain > gain }
        .map { Step(set: index, number: steps.count, form: $0.form, bits: $0.bits - bits, gain: $0.gain - gain) }
        .min(by: Step.isBefore)
    }
    while let step = next() {
      steps.append(step)
      bits += step.bits
      gain += step.gain
    }
    return steps
  }
}

extension LinearReport {
  /// By how much its relative error falls in another form; 0 where that was not measured.
  fileprivate func relativeGain(as form: RaisedForm, _ errors: RaisedErrors?) -> Double {
    guard let errors, outputEnergy > 0 else { return 0 }
    let error = form == .int8 ? errors.eightBits : errors.original
    return (errorAfter - error) / outputEnergy
  }
}
