// ggml's Q4_K blocks: they hold the codes of an AWQ linear unchanged, and its scales and zeros as multiples of
// 6 bits of two half-precision units.

/// A linear as rows of Q4_K blocks of 256 values each: half-precision d and dmin, 12 bytes with a scale and a
/// minimum of 6 bits for each 32 values, 128 bytes of codes. A value is d·scale·code − dmin·minimum.
///
/// d is the largest of the block's scales s by a divisor from 63 down to 32, the first that leaves the least squared
/// error; dmin the same of s·z.
public struct Q4KBlocks: Sendable, Equatable {
  /// Values of a block.
  public static let blockSize = 256

  /// `[out, in/256]` blocks of 144 bytes.
  public let bytes: [UInt8]
  /// What the weights move by, squared and summed, relative to s²/12 a weight, which rounding them to codes has cost.
  /// Infinite if some scale is not finite, or has another sign than the others of its block and cannot be held.
  public let addedError: Double

  private static let partSize = 32
  private static let partCount = blockSize / partSize

  /// The blocks of `linear`, whose rows are whole blocks.
  public init(_ linear: QuantizedLinear) {
    precondition(linear.inFeatures % Self.blockSize == 0, "blocks must be whole")
    var bytes: [UInt8] = [], added = 0.0, own = 0.0
    bytes.reserveCapacity(linear.codes.count / Self.blockSize * 144)
    for first in stride(from: 0, to: linear.codes.count, by: Self.blockSize) {
      let groups = (0..<Self.partCount).map { (first + $0 * Self.partSize) / linear.scheme.groupSize }
      let steps = groups.map { Float(linear.scales[$0]) }
      let offsets = groups.map { Float(linear.scales[$0]) * Float(linear.zeros[$0]) }
      let scales = SixBitMultiples(steps), minima = SixBitMultiples(offsets)
      bytes.append(littleEndian: scales.unit)
      bytes.append(littleEndian: minima.unit)
      bytes += Self.packed(scales.levels, minima.levels)
      for part in 0..<Self.partCount {
        let codes = linear.codes[first + part * Self.partSize..<first + (part + 1) * Self.partSize]
        let slope = scales.value(part) - Double(steps[part]), shift = minima.value(part) - Double(offsets[part])
        for code in codes {
          let move = slope * Double(code & 0xF) - shift
          added += move * move
        }
        own += Double(Self.partSize) * Double(steps[part]) * Double(steps[part]) / 12
      }
      for low in stride(from: first, to: first + Self.blockSize, by: 2 * Self.partSize) {
        for index in low..<low + Self.partSize {
          bytes.append(linear.codes[index] & 0xF | linear.codes[index + Self.partSize] << 4)
        }
      }
    }
    self.bytes = bytes
    let relative = own > 0 ? added / own : 0
    addedError = relative.isFinite ? relative : .infinity
  }

  /// The scales and minima of a block in 12 bytes: those of the first four parts in the low six bits of two
  /// bytes, those of the others in a nibble each, with their upper bits above the former.
  private static func packed(_ scales: [UInt8], _ minima: [UInt8]) -> [UInt8] {
    let half = partCount / 2
    return (0..<half).map { scales[$0] | (scales[$0 + half] & 0x30) << 2 }
      + (0..<half).map { minima[$0] | (minima[$0 + half] & 0x30) << 2 }
      + (half..<partCount).map { scales[$0] & 0xF | minima[$0] << 4 }
  }
}

/// Numbers as multiples from 0 to 63 of one unit in half precision.
private struct SixBitMultiples {
  var unit: Float16 = 0
  var levels: [UInt8]

  /// The multiples that are nearest to `values` together; NaN as the unit if there are none.
  init(_ values: [Float]) {
    levels = [UInt8](repeating: 0, count: values.count)
    guard values.allSatisfy(\.isFinite) else {
      unit = .nan
      return
    }
    guard let largest = values.max(by: { abs($0) < abs($1) }), largest != 0 else { return }
    var least = Double.infinity
    for divisor in (32...63).reversed() {
      let candidate = Float16(largest / Float(divisor))
      guard candidate.isFinite, candidate != 0 else { continue }
      let found = values.map { UInt8(max(0, min(63, ($0 / Float(candidate)).rounded()))) }
      let error = zip(found, values).reduce(0) { sum, pair in
        let loss = Double(candidate) * Double(pair.0) - Double(pair.1)
        return sum + loss * loss
      }
      if error < least { (unit, levels, least) = (candidate, found, error) }
    }
    if least == .infinity { unit = .nan }
  }

  func value(_ index: Int) -> Double { Double(unit) * Double(levels[index]) }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian half: Float16) {
    append(UInt8(truncatingIfNeeded: half.bitPattern))
    append(UInt8(truncatingIfNeeded: half.bitPattern >> 8))
  }
}
