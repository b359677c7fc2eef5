// Limits that turn `verify` into a gate.
import ArgumentParser
import Verification

struct GateOptions: ParsableArguments {
  @Option(help: "Fail unless the mean KL divergence is at most this.")
  var maxMeanKl: Double?

  @Option(help: "Fail unless the 99th percentile of the KL divergence is at most this.")
  var maxP99Kl: Double?

  @Option(help: "Fail unless at least this share of positions has the same first choice.")
  var minTop1: Double?

  @Option(help: "Fail unless the perplexity ratio is at most this.")
  var maxPplRatio: Double?

  @Flag(help: "Let gates pass though files that travel along with the weights mean something else than the original's.")
  var allowDifferentFiles = false

  /// The limits that were given.
  var gates: Gates {
    var gates = Gates()
    gates.maxMeanDivergence = maxMeanKl
    gates.maxP99Divergence = maxP99Kl
    gates.minSameTop = minTop1
    gates.maxPerplexityRatio = maxPplRatio
    return gates
  }
}
