// Decoding of int4 weights: fast against plain bit for bit, and plain against weights packed here by the layouts'
// definitions (Formats/awq-checkpoint.md, Formats/skyq.md).
import CKernels
import Testing

@Suite struct Int4DecodingTests {
  /// Logical codes, zeros and scales of a weight [out, in].
  struct Weight {
    let outFeatures: Int
    let inFeatures: Int
    let group: Int
    let codes: [UInt8]
    let zeros: [UInt8]
    let scales: [Float16]
    var groups: Int { inFeatures / group }

    init(outFeatures: Int, inFeatures: Int, group: Int) {
      self.outFeatures = outFeatures
      self.inFeatures = inFeatures
      self.group = group
      codes = randomBytes(outFeatures * inFeatures, seed: 51).map { $0 & 0xF }
      zeros = randomBytes(outFeatures * (inFeatures / group), seed: 52).map { $0 & 0xF }
      scales = randomFloats(outFeatures * (inFeatures / group), seed: 53).map { Float16($0) }
    }

    func value(_ row: Int, _ column: Int, scale: Float) -> Float {
      (Float(codes[row * inFeatures + column]) - Float(zeros[row * groups + column / group])) * scale
    }

    /// Codes in blocks of 32 along `in`: byte j holds code j below code j + 16.
    var splitCodes: [UInt8] {
      stride(from: 0, to: codes.count, by: 32).flatMap { block in
        (0..<16).map { j in codes[block + j] | (codes[block + j + 16] << 4) }
      }
    }

    /// Zeros of each row in pairs, the even group in the low nibble.
    var pairedZeros: [UInt8] {
      (0..<outFeatures).flatMap { row in
        stride(from: 0, to: groups, by: 2).map { group in
          let odd = group + 1 < groups ? zeros[row * groups + group + 1] : 0
          return zeros[row * groups + group] | (odd << 4)
        }
      }
    }

    /// The same weight by columns: words along the output features, scales group by group.
    var awqGEMM: (qweight: [UInt32], qzeros: [UInt32], scales: [Float16]) {
      (
        packed((0..<inFeatures).map { i in (0..<outFeatures).map { codes[$0 * inFeatures + i] } }),
        packed((0..<groups).map { g in (0..<outFeatures).map { zeros[$0 * groups + g] } }),
        (0..<groups).flatMap { g in (0..<outFeatures).map { scales[$0 * groups + g] } }
      )
    }

    /// Words of eight neighbours in AWQ's order: nibble i holds element order[i].
    private func packed(_ rows: [[UInt8]]) -> [UInt32] {
      let order = [0, 2, 4, 6, 1, 3, 5, 7]
      return rows.flatMap { row in
        stride(from: 0, to: row.count, by: 8).map { start in
          order.enumerated().reduce(UInt32(0)) { $0 | UInt32(row[start + $1.element]) << (4 * UInt32($1.offset)) }
        }
      }
    }
  }

  @Test(arguments: [(8, 32, 32), (24, 128, 32), (40, 96, 96), (16, 15, 5), (64, 256, 128)])
  func `AWQ GEMM columns decode to code minus zero times scale`(size: (out: Int, in: Int, group: Int)) {
    let weight = Weight(outFeatures: size.out, inFeatures: size.in, group: size.group)
    let (qweight, qzeros, scales) = weight.awqGEMM
    for (first, count) in [(0, size.out), (size.out - 8, 8), (size.out / 2 / 8 * 8, 8)] {
      var (fast, plain) = (
        [Float](repeating: 7, count: count * size.in + 1), [Float](repeating: 7, count: count * size.in + 1)
      )
      unsafe ck_awq_gemm_decode_rows(
        &fast, qweight, qzeros, scales, size.in, size.out, size.group, first, count)
      unsafe ck_awq_gemm_decode_rows_ref(
        &plain, qweight, qzeros, scales, size.in, size.out, size.group, first, count)
      #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
      let expected = (first..<first + count).flatMap { row in
        (0..<size.in).map {
          weight.value(row, $0, scale: Float(weight.scales[row * weight.groups + $0 / size.group]))
        }
      }
      #expect(plain == expected + [7])
    }
  }

  @Test(arguments: [(8, 32), (72, 64), (136, 96), (256, 160)])
  func `AWQ GEMM codes become awq_u4 codes`(size: (out: Int, in: Int)) {
    let weight = Weight(outFeatures: size.out, inFeatures: size.in, group: 32)
    let qweight = weight.awqGEMM.qweight, rowBytes = weight.inFeatures / 2
    let half = size.out / 16 * 8
    for rows in [0..<size.out, size.out - 8..<size.out, half..<size.out] {
      let count = rows.count * rowBytes
      var (fast, plain) = ([UInt8](repeating: 7, count: count + 1), [UInt8](repeating: 7, count: count + 1))
      unsafe ck_awq_gemm_to_u4_rows(&fast, qweight, size.in, size.out, rows.lowerBound, rows.count)
      unsafe ck_awq_gemm_to_u4_rows_ref(&plain, qweight, size.in, size.out, rows.lowerBound, rows.count)
      let expected = weight.splitCodes[rows.lowerBound * rowBytes..<rows.upperBound * rowBytes] + [7]
      #expect(fast == Array(expected) && plain == Array(expected))
    }
  }

  @Test(
    arguments: [(1, 32, 32), (3, 96, 32), (5, 256, 64), (7, 384, 128), (33, 64, 64)],
    [CK_SCALES_F16, CK_SCALES_BF16])
  func `awq_u4 rows decode to code minus zero times scale`(
    size: (out: Int, in: Int, group: Int), type: ck_scale_type
  ) {
    let weight = Weight(outFeatures: size.out, inFeatures: size.in, group: size.group)
    let scaleBits = weight.scales.map {
      type == CK_SCALES_F16 ? $0.bitPattern : UInt16(Float($0).bitPattern >> 16)
    }
    let (codes, zeros) = (weight.splitCodes, weight.pairedZeros)
    for range in [0..<size.out, size.out - 1..<size.out] {
      let count = range.count * size.in
      var (fast, plain) = ([Float](repeating: 7, count: count + 1), [Float](repeating: 7, count: count + 1))
      unsafe ck_awq_u4_decode_rows(
        &fast, codes, scaleBits, zeros, type, size.in, size.group, range.lowerBound, range.count)
      unsafe ck_awq_u4_decode_rows_ref(
        &plain, codes, scaleBits, zeros, type, size.in, size.group, range.lowerBound, range.count)
      #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
      let expected = range.flatMap { row in
        (0..<size.in).map { column in
          let bits = scaleBits[row * weight.groups + column / size.group]
          let scale =
            type == CK_SCALES_F16 ? Float(Float16(bitPattern: bits)) : Float(bitPattern: UInt32(bits) << 16)
          return weight.value(row, column, scale: scale)
        }
      }
      #expect(plain == expected + [7])
    }
  }
}
