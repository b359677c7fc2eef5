// What was measured, for people and for programs.
import Basics
import JSON
import Kernels

/// A kernel at a shape, and how fast it is.
struct Row {
  private let work: Work
  private let rate: Double
  /// Of what there is to be had; nil if that is not known.
  private let share: Double?

  init(_ work: Work, rate: Double, openblas: Double?, bandwidth: Double) {
    self.work = work
    self.rate = rate
    share = work.unit == .bytes ? rate / bandwidth : openblas.map { rate / $0 }
  }

  var cells: [String] {
    let share = share.map { $0.fixed(2) } ?? "-", numbers: [String]
    switch work.unit {
    case .operations: numbers = [(rate / 1e9).fixed(1), "", "", share, ""]
    case .bytes: numbers = ["", (rate / 1e9).fixed(1), "", "", share]
    case .weights: numbers = ["", "", (rate / 1e9).fixed(3), "", ""]
    }
    return [work.kernel, work.shape] + numbers
  }

  var json: JSONValue {
    let share = share.map(JSONValue.double) ?? .null, rate = JSONValue.double(rate / 1e9)
    let kernel = JSONValue.string(work.kernel), shape = JSONValue.string(work.shape)
    return switch work.unit {
    case .operations: ["kernel": kernel, "shape": shape, "gflops": rate, "of_openblas": share]
    case .bytes: ["kernel": kernel, "shape": shape, "gigabytes": rate, "of_bandwidth": share]
    case .weights: ["kernel": kernel, "shape": shape, "gigaweights": rate]
    }
  }
}

struct BenchReport {
  let rows: [Row]
  /// OpenBLAS's kernels that are fastest here; nil if it is not there.
  let core: String?
  let bandwidth: Double

  var lines: [String] {
    var table = TextTable(columns: [.left, .left, .right, .right, .right, .right, .right])
    table.add(["kernel", "shape", "GFLOP/s", "GB/s", "Gweights/s", "of OpenBLAS", "of memory"])
    for row in rows { table.add(row.cells) }
    return [
      "\(Machine.processor.displayed), \(Parallel.threadCount) of its threads, \(Machine.date)",
      "products with \(NumericMode.productInstructionSet), in bf16 with \(NumericMode.bfloat16InstructionSet)",
      core.map { "OpenBLAS with the kernels for \($0)" } ?? "OpenBLAS is not there",
      "memory read at \((bandwidth / 1e9).fixed(1)) GB/s", "",
    ] + table.lines
  }

  var json: JSONValue {
    [
      "schema": "skyquant.bench/1", "processor": .string(Machine.processor), "threads": .integer(Parallel.threadCount),
      "date": .string(Machine.date), "instruction_set": .string(NumericMode.productInstructionSet),
      "bf16_instruction_set": .string(NumericMode.bfloat16InstructionSet),
      "openblas_core": core.map(JSONValue.string) ?? .null, "bandwidth": .double(bandwidth / 1e9),
      "rows": .array(rows.map(\.json)),
    ]
  }
}
