// skyquant check: are the bytes of a model still those that were written?
import ArgumentParser
import Basics
import JSON
import Kernels
import ModelFiles
import Skyq
import Storage
import Tensors

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a .skyq file, or a checkpoint directory, for damage.",
    discussion: """
      In a .skyq file, without --full every plane and section is compared with its XXH3, as fast as the disk reads. With --full also \
      with its SHA-256, and padding, values and embedded JSON with what the format demands (Formats/skyq.md). The exit \
      code is 65 if anything differs; the first lines say which tensor or section.

      Checkpoint directories carry no digests: headers, sizes and the shard index are checked. With --full all weights \
      are read: NaN, infinities and matrices of zeros in 16 and 32 bit are damage (for int4 see `skyquant doctor`), files \
      in the Hugging Face cache are held to the SHA-256 that names them, and those of all files are printed.

      Example, a seventh a night:
        skyquant check model.skyq --full --subset 1/7
        skyquant check MODEL-awq --full
      """)

  @Argument(help: "A .skyq file or a checkpoint directory.")
  var file: String

  @Flag(help: "Everything the format demands, not only checksums.")
  var full = false

  @Option(help: "Check the N-th of T shares of the tensors, as N/T, or a fixed choice of P percent, as P%.")
  var subset: SkyqCheckSubset = .whole

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    compute.apply()
    if (try? DirectoryFiles(path: file)) != nil { return try checkDirectory() }
    let level: SkyqCheckLevel = full ? .full : .quick
    let opened = try SkyqFile(path: file)
    let items = opened.checkItems(level, subset: subset)
    var progress = Progress(output)
    let problems = check(opened, items, level, &progress)
    progress.finish()
    let byteCount = items.reduce(0) { $0 + $1.byteCount }
    try report(problems.map(\.description), parts: items.count, byteCount, progress.elapsed)
  }

  private func checkDirectory() throws {
    guard subset == .whole else { throw ValidationError("--subset is for .skyq files") }
    var progress = Progress(output)
    if full { progress.update("reading the weights", done: 0, total: 1) }
    let found = try CheckpointCheck(path: file, full: full)
    progress.finish()
    try report(found.problems, parts: found.parts, found.byteCount, progress.elapsed, found.digests)
  }

  private func report(
    _ problems: [String], parts: Int, _ byteCount: Int, _ elapsed: Double, _ digests: [SourceDigest] = []
  ) throws {
    var json: JSONObject = [
      "schema": "skyquant.check/1", "file": .string(file), "level": full ? "full" : "quick", "parts": .integer(parts),
      "bytes": .integer(byteCount), "intact": .bool(problems.isEmpty),
      "problems": .array(problems.map(JSONValue.string)),
    ]
    if !digests.isEmpty { json["digests"] = .array(digests.map(\.json)) }
    try output.print(.object(json)) {
      let speed = ByteCount.text(Int(min(Double(byteCount) / max(elapsed, 1e-6), 1e15)))
      let read = byteCount == 0 ? "headers only" : "\(ByteCount.text(byteCount)) read, \(speed)/s"
      let verdict = problems.isEmpty ? "intact" : "\(problems.count) damaged"
      return digests.map { "\($0.sha256)  \($0.name.displayed)" } + problems
        + ["\(file.displayed): \(verdict), \(parts) parts, \(read)"]
    }
    if !problems.isEmpty { throw ExitCode(FailureCategory.malformedInput.exitCode) }
  }

  /// All problems in file order, some parts at a time so that progress can be shown.
  private func check(
    _ opened: SkyqFile, _ items: [SkyqCheckItem], _ level: SkyqCheckLevel, _ progress: inout Progress
  ) -> [SkyqError] {
    let batch = 32
    var problems: [SkyqError] = []
    for start in stride(from: 0, to: items.count, by: batch) {
      let part = Array(items[start..<min(start + batch, items.count)])
      problems += Parallel.map(part.count) { opened.check(part[$0], level: level) }.compactMap(\.self)
      progress.update("parts", done: start + part.count, total: items.count)
    }
    return problems
  }
}
