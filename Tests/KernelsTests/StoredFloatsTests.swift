// Stored floats: conversions against Swift's own Float16 and against the definition of BF16, on every bit pattern, and
// magnitudes found by integers against a loop over decoded floats.
import CKernels
import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct HalfPrecisionTests {
  static let everyPattern = (0...UInt16.max).map { $0 }

  @Test func `every F16 widens as Float16 does, fast and plain alike`() {
    let fast = HalfPrecision.floats(fromFloat16: Self.everyPattern)
    var plain = [Float](repeating: 0, count: fast.count)
    unsafe ck_f16_to_f32_ref(&plain, Self.everyPattern, plain.count)
    #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
    for (bits, value) in zip(Self.everyPattern, fast) {
      let expected = Float(Float16(bitPattern: bits))
      #expect(value == expected || (value.isNaN && expected.isNaN))
    }
  }

  @Test func `every BF16 is the upper half of its F32`() {
    let fast = HalfPrecision.floats(fromBFloat16: Self.everyPattern)
    #expect(fast.map(\.bitPattern) == Self.everyPattern.map { UInt32($0) << 16 })
  }

  @Test(arguments: raggedLengths)
  func `widening an unaligned run of any length writes it and nothing more`(count: Int) {
    let bytes = randomBytes(2 * count + 1, seed: UInt64(count))
    var (fast, plain) = ([Float](repeating: 7, count: count + 1), [Float](repeating: 7, count: count + 1))
    unsafe bytes.withUnsafeBytes { raw in
      unsafe ck_bf16_to_f32(&fast, raw.baseAddress.map { unsafe $0 + 1 }, count)
      unsafe ck_bf16_to_f32_ref(&plain, raw.baseAddress.map { unsafe $0 + 1 }, count)
    }
    #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
    #expect(fast[count] == 7)
    unsafe bytes.withUnsafeBytes { raw in
      unsafe ck_f16_to_f32(&fast, raw.baseAddress.map { unsafe $0 + 1 }, count)
      unsafe ck_f16_to_f32_ref(&plain, raw.baseAddress.map { unsafe $0 + 1 }, count)
    }
    #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
    #expect(fast[count] == 7)
  }

  @Test func `narrowing to F16 rounds as Float16 does, at and beside every tie and at the ends of the range`() {
    let values = Self.narrowingCases(mantissaBitsDropped: 13)
    let fast = HalfPrecision.float16Bits(values)
    var plain = [UInt16](repeating: 0, count: values.count)
    unsafe ck_f32_to_f16_ref(&plain, values, values.count)
    #expect(fast == plain)
    for (value, bits) in zip(values, fast) {
      let expected = Float16(value)
      let found = Float16(bitPattern: bits)
      #expect(found == expected || (found.isNaN && expected.isNaN), "\(value)")
    }
  }

  @Test func `narrowing to BF16 takes the nearer neighbour, and the even one of two equally near`() {
    let values = Self.narrowingCases(mantissaBitsDropped: 16)
    let fast = HalfPrecision.bfloat16Bits(values)
    var plain = [UInt16](repeating: 0, count: values.count)
    unsafe ck_f32_to_bf16_ref(&plain, values, values.count)
    #expect(fast == plain)
    for (value, bits) in zip(values, fast) { #expect(Self.isNearest(bits, to: value), "\(value)") }
  }

  @Test func `a tensor that is not float has no floats, and says what it is`() {
    let info = TensorInfo(name: "qweight", dtype: .int32, shape: [1])
    let view = TensorView(info: info, storage: ArrayStorage([0, 0, 0, 0]), byteOffset: 0)
    #expect(throws: KernelsError.unsupportedDType(tensor: "qweight", found: "I32")) { try view.floats() }
  }

  /// Values around ties of all magnitudes and signs, random bit patterns, and the special values.
  private static func narrowingCases(mantissaBitsDropped bits: UInt32) -> [Float] {
    var generator = randomBytes(4 * 60_000, seed: 11).makeIterator()
    var values: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 65504, 65519.996, 65520, .greatestFiniteMagnitude]
    while let a = generator.next(), let b = generator.next(), let c = generator.next(), let d = generator.next() {
      let random = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
      let tie = ((random >> bits) << bits) | (1 << (bits - 1))
      values += [random, tie - 1, tie, tie + 1].map(Float.init(bitPattern:))
    }
    return values
  }

  private static func isNearest(_ bits: UInt16, to value: Float) -> Bool {
    func widened(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }
    let found = widened(bits)
    guard !value.isNaN else { return found.isNaN }
    guard found.isFinite else { return value.isInfinite || abs(Double(value)) >= 0x1.FFp127 }
    let error = abs(found - Double(value))
    return [bits &+ 1, bits &- 1].allSatisfy { neighbour in
      let other = widened(neighbour)
      guard other.isFinite, other.sign == found.sign else { return true }
      let otherError = abs(other - Double(value))
      return error < otherError || (error == otherError && bits % 2 == 0)
    }
  }
}

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
