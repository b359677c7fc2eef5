// skyquant check: are the bytes of a model still those that were written?
import Basics
import ArgumentParser
import Skyq
import Storage
import Workflows

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a .skyq file, or a checkpoint directory, for damage.",
    usage: "skyquant check [<options>] <file>",
    discussion: """
      In a .skyq file, without --full every plane and section is compared with its XXH3, as fast as the disk reads. With --full also \
      with its SHA-256, and padding, values and embedded JSON with what the format demands (Formats/skyq.md). The exit \
      code is 65 if anything differs; the first lines say which tensor or section.

      Checkpoint directories carry no digests: headers, sizes and the shard index are checked. With --full all weights \
      are read: NaN, infinities and matrices of zeros in 16 and 32 bit are damage (for int4 see `skyquant doctor`), files \
      in the Hugging Face cache are held to the SHA-256 that names them, and those of all files are printed.

      Examples:
        skyquant check model.skyq
        skyquant check model.skyq --full --subset 1/7     # a seventh a night
        skyquant check MODEL-awq --full
      """)

  @Argument(help: "A .skyq file or a checkpoint directory.", completion: .file())
  var file: String

  @Flag(help: "Everything the format demands, not only checksums.")
  var full = false

  @Option(help: "Check the N-th of T shares of the tensors, as N/T, or a fixed choice of P percent, as P%.")
  var subset: SkyqCheckSubset = .whole

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    compute.apply()
    let check = IntegrityCheck(path: file, isFull: full, subset: subset)
    guard subset == .whole || check.hasChecksums else { throw ValidationError("--subset is for .skyq files") }
    var progress = Progress(output)
    let result = try check.run { progress.show($0) }
    progress.finish()
    try output.print(result.json(check), styled: result.lines(check, seconds: progress.elapsed))
    if !result.problems.isEmpty { throw ExitCode(FailureCategory.malformedInput.exitCode) }
  }
}
