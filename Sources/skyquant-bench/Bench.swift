// skyquant-bench: how fast the kernels are on this machine, beside OpenBLAS and the memory's bandwidth.
//   swift run -c release skyquant-bench
import ArgumentParser
import JSON
import Kernels

@main struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skyquant-bench",
    abstract: "Measure the kernels at the shapes of a 38B model and of SmolLM2-135M.",
    discussion: """
      Products in GFLOP/s, beside those of OpenBLAS with the kernels of the processor that suit it best; of layers of one \
      token, the bytes of weights read in a second, beside the memory's bandwidth as measured in the same run; of \
      rounding, the weights in a second. Of large layers a part of the outputs is made. Each figure is the best of some \
      rounds.
      """)

  @Option(help: "Threads to compute with; more than one share the caches and the memory.")
  var threads = 1

  @Option(help: "Only rows whose kernel and shape contain this text.")
  var only: String?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  @Flag(help: .hidden)
  var openblasSpeeds = false

  func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be from 1 to 1024") }
  }

  func run() throws {
    Parallel.threadCount = threads
    let works = Work.all.filter { work in only.map { work.name.contains($0) } ?? true }
    guard !openblasSpeeds else { return try OpenBLASChild.run(works.filter(\.hasPeer)) }
    let library = OpenBLASCores.best(threads: threads, only: only)
    let bandwidth = MemoryBandwidth.bytesPerSecond()
    let rows = works.map { Row($0, rate: $0.rate, openblas: library?.rates[$0.shape], bandwidth: bandwidth) }
    let report = BenchReport(rows: rows, core: library?.core, bandwidth: bandwidth)
    print(json ? String(decoding: try report.json.serialized(), as: UTF8.self) : report.lines.joined(separator: "\n"))
  }
}
