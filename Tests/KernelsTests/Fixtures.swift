// Lengths that end in the middle of every vector loop, and random numbers that repeat.
import TestSupport

/// Ragged lengths around multiples of the vector widths.
let raggedLengths = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 255, 257, 511, 513, 1023]

/// Relative rounding of one f32 operation, 2⁻²⁴.
let unitRoundoff = 0x1p-24

/// Numbers in −range...range from `seed`.
func randomFloats(_ count: Int, seed: UInt64, range: Float = 2) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float.random(in: -range...range, using: &generator) }
}

/// Random bytes from `seed`.
func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// XᵀX / rows + I, row-major.
func positiveDefinite(_ size: Int, _ generator: inout SeededGenerator) -> [Float] {
  let rows = 2 * size
  let x = (0..<rows * size).map { _ in Float.random(in: -1...1, using: &generator) }
  return (0..<size * size).map { index in
    let (i, j) = index.quotientAndRemainder(dividingBy: size)
    let sum = (0..<rows).reduce(Float(0)) { $0 + x[$1 * size + i] * x[$1 * size + j] }
    return sum / Float(rows) + (i == j ? 1 : 0)
  }
}
