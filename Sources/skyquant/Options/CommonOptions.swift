// Options of every command that prints, of every one that computes, and of those that run a model.
import ArgumentParser
import Basics
import CLinux
import JSON
import Kernels
import LayerSearch
import Workflows

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  /// `TerminalColor` looks for it itself.
  @Flag(help: "No colour on a terminal (also with NO_COLOR set).")
  var noColor = false

  /// Prints the result: the lines, or the JSON object.
  /// - Throws: `StorageError.failed` if it cannot be written.
  func print(_ value: JSONValue, lines: () -> [String]) throws {
    try print(value, styled: lines().map { StyledText($0) })
  }

  /// The same of lines with roles.
  func print(_ value: JSONValue, styled lines: @autoclosure () -> [StyledText]) throws {
    try StandardOutput.write(json ? SafeText(json: value) : SafeText(lines: lines()))
  }
}

struct ComputeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Threads to compute with (default: all cores). Results do not depend on it.", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
  }

  /// Makes the choice effective for this process, and keeps freed memory for the next buffer of that size: a layer makes
  /// the same ones as the layer before, and pages that went back to the system are cleared again at their first use.
  /// On SmolLM2-135M that is less than half the page faults, at the same peak.
  func apply() {
    if let threads { Parallel.threadCount = threads }
    if let shortage = Parallel.startWorkers() {
      StandardError.write(
        SafeText(
          line:
            "\("warning:", .warning) \(shortage.available) of \(shortage.wanted) threads compute, the system starts "
            + "no more: \(shortage.reason); the result is the same"))
    }
    mallopt(M_MMAP_THRESHOLD, Int32(QuantizationMemory.returnedByteCount))
    mallopt(M_TRIM_THRESHOLD, 512 << 20)
  }
}

/// Of commands that compute with models and write none.
struct MemoryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Memory that the run may take (default: \(MemoryLimit.defaultPercentage) % of what is available).",
      discussion: """
        A number with B, kB, MB, GB, KiB, MiB or GiB. With less, less is done at the same time; the result does not \
        depend on it.
        """, valueName: "size"))
  var memoryLimit: ByteBudget?
}

struct NumericOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What multiplies matrices: exact, bf16, openblas or auto.",
      discussion: """
        exact is the same bits on every processor and in every run; so is bf16, which rounds what enters a linear to bf16 and \
        is faster where the processor has instructions for it; openblas, if installed, may be faster; auto takes it \
        where it is by a tenth, as measured at the start (skyquant doctor --machine shows it), so that two runs may \
        differ in last digits. Reports name what was taken.
        """, valueName: "mode"))
  var numericMode: NumericModeChoice = .exact

  /// The mode to compute with; `auto` measures.
  /// - Throws: `KernelsError.openBLASUnavailable` if only that was asked for.
  func mode() throws(KernelsError) -> NumericMode { try numericMode.mode() }
}
