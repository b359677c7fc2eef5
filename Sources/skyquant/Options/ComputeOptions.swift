// Options of every command that computes.
import ArgumentParser
import Kernels

struct ComputeOptions: ParsableArguments {
  @Option(help: "Threads to compute with (default: all cores). Results do not depend on it.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
  }

  /// Makes the choice effective for this process.
  func apply() {
    if let threads { Parallel.threadCount = threads }
  }
}
