// What is told of the machine: by `doctor --machine` the processor and the numeric modes that it can compute in, by
// `quantize` the memory that it will take.
import Basics
import Glibc
import JSON
import Kernels
import LayerSearch
import Storage
import Workflows

struct MachineReport {
  private let probe = NumericProbe()
  /// Gigabytes a second of one thread, of what is done with all weights before they are used.
  private let audit = (sha256: StorageProbe.hashing() / 1e9, values: ValueProbe.bytesPerSecond() / 1e9)
  private let processor = Self.processorName

  var json: JSONValue {
    [
      "schema": "skyquant.machine/1", "processor": processor.map(JSONValue.string) ?? .null,
      "threads": .integer(Parallel.threadCount), "worthwhile_gain": .double(NumericProbe.worthwhileGain),
      "exact": [
        "name": .string(NumericMode.exact.name), "instruction_set": .string(instructionSet),
        "gflops": .double(probe.exact),
      ],
      "bf16": [
        "name": .string(NumericMode.bfloat16.name), "instruction_set": .string(NumericMode.bfloat16InstructionSet),
        "gflops": .double(probe.bfloat16),
      ],
      "openblas": openblas, "auto": .string(probe.fasterMode.name),
      "audit": ["sha256": .double(audit.sha256), "values": .double(audit.values)],
    ]
  }

  var lines: [String] {
    var lines = [
      "\((processor ?? "unknown processor").displayed), \(Parallel.threadCount) threads", "",
      "exact     \(Self.speed(probe.exact)) a thread with \(instructionSet)",
      "bf16      \(Self.speed(probe.bfloat16)) a thread with \(NumericMode.bfloat16InstructionSet)",
    ]
    switch probe.openblas {
    case .success(let found):
      lines.append(
        "openblas  \(Self.speed(found.speed)) a thread with \(found.library.description.displayed), known products right"
      )
    case .failure(let error): lines.append("openblas  \("\(error)".displayed)")
    }
    lines += [
      "", "SHA-256   \(audit.sha256.fixed(1)) GB/s a thread",
      "values    \(audit.values.fixed(1)) GB/s a thread, looked at for NaN, infinities and zeros",
    ]
    return lines + ["", "--numeric-mode auto takes: \(probe.fasterMode.name)"]
  }

  private var instructionSet: String { NumericMode.productInstructionSet }

  private var openblas: JSONValue {
    switch probe.openblas {
    case .success(let found):
      [
        "available": true, "name": .string(NumericMode.openblas(found.library).name),
        "version": .string(found.library.version), "core": .string(found.library.core), "gflops": .double(found.speed),
      ]
    case .failure(let error): ["available": false, "reason": .string("\(error)")]
    }
  }

  /// `93 GFLOP/s`.
  private static func speed(_ gigaflops: Double) -> String { "\(gigaflops.fixed(0)) GFLOP/s" }

  /// As Linux calls it on x86; nil elsewhere.
  private static var processorName: String? {
    guard let file = unsafe fopen("/proc/cpuinfo", "r") else { return nil }
    defer { unsafe fclose(file) }
    // The first processor's paragraph; the others say the same.
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
  }
}

extension MemoryPlan {
  /// `memory: up to 1.2 GiB of 14.0 GiB (80 % of what is available); a scratch file of 3.1 GiB beside the output`.
  func line(_ limit: MemoryLimit) -> StyledText {
    let share = limit.isGiven ? "--memory-limit" : "\(MemoryLimit.defaultPercentage) % of what is available"
    let allowed = self.limit == .max ? "" : " of \(ByteCount.text(self.limit)) (\(share))"
    let waiting =
      keepsActivations ? "" : "; a scratch file of \(ByteCount.text(activationByteCount)) beside the output"
    return "memory: up to \(ByteCount.text(peak))\(allowed)\(waiting)"
  }
}
