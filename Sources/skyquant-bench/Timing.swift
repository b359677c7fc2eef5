// The clock, and the machine.
import Glibc
import Kernels

/// Seconds of the fastest of at least three rounds, and of as many more as fit into a quarter of a second.
func bestSeconds(_ work: () -> Void) -> Double {
  var best = Double.infinity, total = 0.0, rounds = 0
  while rounds < 3 || total < 0.25 {
    let start = ContinuousClock.now
    work()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    best = min(best, seconds)
    (total, rounds) = (total + seconds, rounds + 1)
  }
  return best
}

/// What can be read from memory.
enum MemoryBandwidth {
  /// Bytes a second, of 512 MiB that are read in order by all workers; caches are smaller.
  static func bytesPerSecond() -> Double {
    let words = [SIMD8<UInt64>](repeating: SIMD8(repeating: 1), count: 1 << 23)
    let chunk = 1 << 14
    let seconds = bestSeconds {
      let sums = Parallel.map(words.count / chunk) { index in
        var sums = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
        for word in stride(from: index * chunk, to: (index + 1) * chunk, by: 2) {
          sums.0 &+= words[word]
          sums.1 &+= words[word + 1]
        }
        return (sums.0 &+ sums.1).wrappedSum()
      }
      precondition(sums.reduce(0, &+) == UInt64(8 * words.count), "a sum of ones is their number")
    }
    return Double(words.count * MemoryLayout<SIMD8<UInt64>>.size) / seconds
  }
}

/// The processor's name as Linux has it on x86, and today.
enum Machine {
  static var processor: String {
    guard let file = unsafe fopen("/proc/cpuinfo", "r") else { return "unknown processor" }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
    let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return name.map { String($0.drop { $0 == " " }) } ?? "unknown processor"
  }

  /// `2026-11-27`, in UTC.
  static var date: String {
    var now = time(nil), parts = unsafe tm()
    unsafe gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return unsafe "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}
