// Magnitudes found by integers, against a loop over decoded floats.
import Kernels
import TestSupport
import Testing

@Suite struct StoredMagnitudesTests {
  private func bytes(_ bits: [UInt32], _ format: FloatFormat) -> [UInt8] {
    let width = format == .float32 ? 4 : 2
    return bits.flatMap { word in (0..<width).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  private func value(_ bits: UInt32, _ format: FloatFormat) -> Float {
    switch format {
    case .float32: Float(bitPattern: bits)
    case .float16: Float(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case .bfloat16: Float(bitPattern: bits << 16)
    }
  }

  @Test(arguments: [FloatFormat.float32, .float16, .bfloat16])
  func `any bits in any pieces give what a plain loop finds`(format: FloatFormat) {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<200 {
      let count = Int.random(in: 0...70, using: &generator)
      // In most rounds the exponent stays below that of infinity.
      let mask: UInt32 =
        round % 4 == 0 ? .max : format == .bfloat16 ? 0xBF7F : format == .float16 ? 0xBBFF : 0xBF7F_FFFF
      let bits = (0..<count).map { _ in UInt32.random(in: 0 ... .max, using: &generator) & mask }
      let values = bits.map { value($0, format) }
      let all = bytes(bits, format)
      var found = StoredMagnitudes(format)
      let cut = Int.random(in: 0...count, using: &generator) * found.byteWidth
      for part in [all[..<cut], all[cut...]] { unsafe found.add(Array(part).span.bytes) }
      #expect(found.count == count)
      #expect(found.nonFiniteCount == values.count { !$0.isFinite })
      #expect(found.firstNonFinite == values.firstIndex { !$0.isFinite })
      #expect(found.largest == values.filter(\.isFinite).map(abs).max() ?? 0)
      #expect(found.isZero == (count > 0 && values.allSatisfy { $0 == 0 }))
    }
  }

  @Test func `zeros of both signs are zeros`() {
    var found = StoredMagnitudes(.float16)
    #expect(!found.isZero)
    unsafe found.add(([0, 0, 0, 0x80] as [UInt8]).span.bytes)
    #expect(found.isZero)
    unsafe found.add(([1, 0] as [UInt8]).span.bytes)
    #expect(!found.isZero && found.largest == Float(Float16.leastNonzeroMagnitude))
  }
}
