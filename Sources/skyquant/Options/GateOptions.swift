// Limits that turn `verify` into a gate.
import ArgumentParser
import Verification

struct GateOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Fail unless the mean KL divergence is at most this.", valueName: "nats"))
  var maxMeanKl: Double?

  @Option(
    help: ArgumentHelp("Fail unless the 99th percentile of the KL divergence is at most this.", valueName: "nats"))
  var maxP99Kl: Double?

  @Option(
    help: ArgumentHelp("Fail unless at least this share of positions has the same first choice.", valueName: "share"))
  var minTop1: Double?

  @Option(help: ArgumentHelp("Fail unless the perplexity ratio is at most this.", valueName: "ratio"))
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
