// ggml's Q8_0 blocks: 32 values as signed bytes with a scale in half precision.

/// Values as Q8_0 blocks: half-precision d = max |x| / 127, then x / d to the nearest whole number, halves away
/// from zero, as ggml's reference code rounds.
public struct Q80Blocks: Sendable, Equatable {
  /// 34 bytes for each 32 values.
  public let bytes: [UInt8]
  /// What they stand for.
  public let values: [Float]

  private static let blockSize = 32

  /// The blocks of finite `values`, whose number is a multiple of 32.
  public init(_ values: [Float]) {
    precondition(values.count % Self.blockSize == 0, "blocks must be whole")
    var bytes: [UInt8] = [], decoded: [Float] = []
    bytes.reserveCapacity(values.count / Self.blockSize * (2 + Self.blockSize))
    decoded.reserveCapacity(values.count)
    for first in stride(from: 0, to: values.count, by: Self.blockSize) {
      let block = values[first..<first + Self.blockSize]
      let step = block.reduce(0) { max($0, abs($1)) } / 127
      let inverse = step > 0 ? 1 / step : 0, scale = Float16(step)
      bytes.append(UInt8(truncatingIfNeeded: scale.bitPattern))
      bytes.append(UInt8(truncatingIfNeeded: scale.bitPattern >> 8))
      for value in block {
        // The inverse of a subnormal step is infinite.
        let level = (value * inverse).rounded(.toNearestOrAwayFromZero)
        let code = Int8(level.isFinite ? max(-127, min(127, level)) : 0)
        bytes.append(UInt8(bitPattern: code))
        decoded.append(Float(code) * Float(scale))
      }
    }
    self.bytes = bytes
    self.values = decoded
  }
}
