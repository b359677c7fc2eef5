// skyquant check: are the bytes of a .skyq file still those that were written?
import ArgumentParser
import JSON
import Kernels
import Skyq
import Storage
import Tensors

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a .skyq file for damage.",
    discussion: """
      Without --full every plane and section is compared with its XXH3, as fast as the disk reads. With --full also \
      with its SHA-256, and padding, values and embedded JSON with what the format demands (Formats/skyq.md). The exit \
      code is 65 if anything differs; the first lines say which tensor or section.

      Example, a seventh a night:
        skyquant check model.skyq --full --subset 1/7
      """)

  @Argument(help: "A .skyq file.")
  var file: String

  @Flag(help: "Everything the format demands, not only checksums.")
  var full = false

  @Option(help: "Check the N-th of T shares of the tensors, as N/T, or a fixed choice of P percent, as P%.")
  var subset: SkyqCheckSubset = .whole

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    compute.apply()
    let level: SkyqCheckLevel = full ? .full : .quick
    let opened = try SkyqFile(path: file)
    let items = opened.checkItems(level, subset: subset)
    var progress = Progress(output)
    let problems = check(opened, items, level, &progress)
    progress.finish()
    let byteCount = items.reduce(0) { $0 + $1.byteCount }
    try output.print(json(problems, items: items.count, byteCount)) {
      let speed = ByteCount.text(Int(Double(byteCount) / max(progress.elapsed, 1e-6)))
      return problems.map { "\($0)\n" }.joined()
        + "\(file.displayed): \(problems.isEmpty ? "intact" : "\(problems.count) damaged"), \(items.count) parts, "
        + "\(ByteCount.text(byteCount)) read, \(speed)/s\n"
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

  private func json(_ problems: [SkyqError], items: Int, _ byteCount: Int) -> JSONValue {
    [
      "schema": "skyquant.check/1", "file": .string(file), "level": full ? "full" : "quick", "parts": .integer(items),
      "bytes": .integer(byteCount), "intact": .bool(problems.isEmpty),
      "problems": .array(problems.map { .string("\($0)") }),
    ]
  }
}
