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
