// Limits that turn `verify` into a gate.
import ArgumentParser
import Verification

struct GateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fail unless the mean KL divergence is at most this.",
      discussion: """
        Of answer tokens if there are any, else of all tokens; answer=0.02, image=…, prompt=… and all=… say of which. So \
        do the other limits, and each may be given several times.
        """, valueName: "nats"))
  var maxMeanKl: [GateLimit] = []

  @Option(
    help: ArgumentHelp("Fail unless the 99th percentile of the KL divergence is at most this.", valueName: "nats"))
  var maxP99Kl: [GateLimit] = []

  @Option(
    help: ArgumentHelp(
      "Fail unless at least this share of positions, 0.95 or 95%, has the same first choice.", valueName: "share"))
  var minTop1: [GateLimit] = []

  @Option(help: ArgumentHelp("Fail unless the perplexity ratio is at most this.", valueName: "ratio"))
  var maxPplRatio: [GateLimit] = []

  @Flag(help: "Let gates pass though files that travel along with the weights mean something else than the original's.")
  var allowDifferentFiles = false

  func validate() throws {
    if let share = minTop1.first(where: { $0.value > 1 }) {
      throw ValidationError("--min-top1 \(share.text): give a share from 0 to 1, or \(share.text)%")
    }
    for limit in maxMeanKl + maxP99Kl + maxPplRatio where limit.isPercentage {
      throw ValidationError("\(limit.text): only --min-top1 takes per cent")
    }
  }

  /// The limits that were given.
  var gates: [Gate] {
    let given: [(Gate.Metric, [GateLimit])] = [
      (.meanDivergence, maxMeanKl), (.p99Divergence, maxP99Kl), (.sameTop, minTop1), (.perplexityRatio, maxPplRatio),
    ]
    return given.flatMap { metric, limits in limits.map { Gate(metric, $0.value, of: $0.scope) } }
  }
}

/// A limit as people write it: `0.02`, `answer=0.02`, `95%`.
struct GateLimit: ExpressibleByArgument {
  let text: String
  let scope: TokenScope?
  /// A share, if it was given in per cent.
  let value: Double
  let isPercentage: Bool

  /// Nil for anything else, for negative numbers and for what is not finite.
  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let last = parts.last else { return nil }
    scope = parts.count > 1 ? TokenScope(name: String(parts[0])) : nil
    isPercentage = last.hasSuffix("%")
    guard parts.count == 1 || scope != nil, let number = Double(isPercentage ? last.dropLast() : last), number.isFinite,
      number >= 0, !isPercentage || number <= 100
    else { return nil }
    text = argument
    value = isPercentage ? number / 100 : number
  }
}
