// What `quantize` writes beside the checkpoint, and what about a stopped run.
import ArgumentParser
import Workflows

struct MakingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also write what quantization cost each linear into this new directory, as JSON and CSV.", valueName: "dir"))
  var report: String?

  @Flag(help: "Replace an existing output directory; a stopped run's work is dropped.")
  var force = false

  @Flag(help: "Go on where a run with the same settings and files was stopped. The result is the same, byte for byte.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Secure the work after a layer if the last time is so long ago, so that --resume can go on from there.",
      valueName: "seconds"))
  var checkpointEvery = QuantizationRun.defaultSecureInterval

  func validate() throws {
    guard checkpointEvery >= 0 else { throw ValidationError("--checkpoint-every must not be negative") }
  }
}
