// How fast the values of stored weights are looked at on this machine.
internal import Tensors

/// Measures `StoredMagnitudes`.
public enum ValueProbe {
  /// Bytes in a second of one worker's own time, of sound values in BF16: the best of several rounds, in some milliseconds.
  public static func bytesPerSecond() -> Double {
    let bytes = [UInt8](repeating: 0x3F, count: 1 << 18), repetitions = 16, rounds = 8
    var best = Double.infinity
    for _ in 0..<rounds {
      var magnitudes = StoredMagnitudes(.bfloat16)
      let start = NumericProbe.threadSeconds
      for _ in 0..<repetitions { magnitudes.add(unsafe bytes.span.bytes) }
      best = min(best, NumericProbe.threadSeconds - start)
      precondition(magnitudes.nonFiniteCount == 0, "0x3F3F is 0.747 in BF16")
    }
    return Double(repetitions * bytes.count) / best
  }
}
