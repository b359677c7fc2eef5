// Dot products: fast against plain bit for bit, plain against the order of sums that dots.h sets and against
// sums in f64.
import CKernels
import Kernels
import Tensors
import Testing

@Suite struct DotProductTests {
  /// What dots.h says, once more: 16 lanes of fused multiply-adds, zeros up to a whole number of lanes,
  /// halves added.
  private func dot(_ w: [Float], _ x: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 16)
    for start in stride(from: 0, to: w.count, by: 16) {
      for lane in 0..<16 {
        let index = start + lane
        lanes[lane].addProduct(index < w.count ? w[index] : 0, index < w.count ? x[index] : 0)
      }
    }
    for half in [8, 4, 2, 1] { for lane in 0..<half { lanes[lane] += lanes[lane + half] } }
    return lanes[0]
  }

  @Test(arguments: raggedLengths, [1, 2, 3, 7, 14])
  func `dot products of stored floats are summed in the order that is promised`(columns: Int, count: Int) {
    let rows = 7
    let x = randomFloats(count * columns, seed: 81)
    for type in [CK_F32, CK_F16, CK_BF16] {
      let (bytes, weights) = stored(randomFloats(rows * columns, seed: 82), type)
      var fast = [Float](repeating: 7, count: count * rows + 1)
      var plain = fast
      unsafe bytes.withUnsafeBytes { bytes in
        unsafe x.withUnsafeBufferPointer { x in
          let vectors = unsafe ck_vectors(base: x.baseAddress, stride: columns, count: count)
          // One byte in: no row is aligned.
          let w = unsafe ck_float_rows(
            base: bytes.baseAddress.map { unsafe $0 + 1 }, type: type, stride: columns, rows: rows, columns: columns)
          unsafe ck_dots_floats(&fast, rows, vectors, w)
          unsafe ck_dots_floats_ref(&plain, rows, vectors, w)
        }
      }
      #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
      #expect(plain.last == 7)
      for vector in 0..<count {
        for row in 0..<rows {
          let (w, factor) = (weights[row * columns..<(row + 1) * columns], x[vector * columns..<(vector + 1) * columns])
          #expect(plain[vector * rows + row] == dot(Array(w), Array(factor)))
          let terms = zip(w, factor).map { Double($0) * Double($1) }
          let bound = MatmulTests.bound(columns, magnitudes: terms.reduce(0) { $0 + abs($1) })
          #expect(abs(Double(plain[vector * rows + row]) - terms.reduce(0, +)) <= bound)
        }
      }
    }
  }

  @Test(
    arguments: [(8, 32, 32), (24, 128, 32), (40, 96, 96), (16, 15, 5), (72, 256, 128), (136, 64, 64), (3, 1088, 64)],
    [1, 2, 5, 9])
  func `dot products with int4 codes are those with the decoded rows`(
    size: (out: Int, in: Int, group: Int), count: Int
  ) {
    let weight = Int4DecodingTests.Weight(outFeatures: size.out, inFeatures: size.in, group: size.group)
    let x = randomFloats(count * size.in, seed: 83)
    let expected = (0..<count).flatMap { vector in
      (0..<size.out).map { row in
        let decoded = (0..<size.in).map {
          weight.value(row, $0, scale: Float(weight.scales[row * weight.groups + $0 / size.group]))
        }
        return dot(decoded, Array(x[vector * size.in..<(vector + 1) * size.in]))
      }
    }
    unsafe x.withUnsafeBufferPointer { x in
      let vectors = unsafe ck_vectors(base: x.baseAddress, stride: size.in, count: count)
      if size.group % 32 == 0 {
        let (codes, scales, zeros) = (weight.splitCodes, weight.scales.map(\.bitPattern), weight.pairedZeros)
        var fast = [Float](repeating: 7, count: count * size.out)
        var plain = fast
        unsafe ck_dots_awq_u4(
          &fast, size.out, vectors, codes, scales, zeros, CK_SCALES_F16, size.in, size.group, 0, size.out)
        unsafe ck_dots_awq_u4_ref(
          &plain, size.out, vectors, codes, scales, zeros, CK_SCALES_F16, size.in, size.group, 0, size.out)
        #expect(plain == expected)
        #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
      }
      guard size.out % 8 == 0 else { return }
      let (qweight, qzeros, scales) = weight.awqGEMM
      var fast = [Float](repeating: 7, count: count * size.out)
      var plain = fast
      unsafe ck_dots_awq_gemm(
        &fast, size.out, vectors, qweight, qzeros, scales, size.in, size.out, size.group, 0, size.out)
      unsafe ck_dots_awq_gemm_ref(
        &plain, size.out, vectors, qweight, qzeros, scales, size.in, size.out, size.group, 0, size.out)
      #expect(plain == expected)
      #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
    }
  }

  @Test(arguments: [(0, 5), (1, 1), (3, 64), (256, 33), (300, 80), (515, 7)], [1, 3, 8])
  func `weighted sums of rows are matrix products, bit for bit`(size: (rows: Int, columns: Int), count: Int) {
    let (x, w) = (
      randomFloats(max(1, count * size.rows), seed: 84), randomFloats(max(1, size.rows * size.columns), seed: 85)
    )
    var fast = [Float](repeating: 7, count: count * size.columns + 1)
    var product = fast
    unsafe x.withUnsafeBufferPointer { x in
      unsafe w.withUnsafeBufferPointer { w in
        unsafe ck_weighted_sums(
          &fast, size.columns, ck_vectors(base: x.baseAddress, stride: size.rows, count: count),
          ck_float_rows(
            base: w.baseAddress, type: CK_F32, stride: size.columns, rows: size.rows, columns: size.columns))
        unsafe ck_gemm_ref_f32(
          &product, size.columns, ck_factor_f32(base: x.baseAddress, line_stride: size.rows, k_stride: 1),
          ck_factor_f32(base: w.baseAddress, line_stride: 1, k_stride: size.columns), count, size.columns, size.rows,
          CK_GEMM_SET)
      }
    }
    #expect(fast.map(\.bitPattern) == product.map(\.bitPattern))
  }

  @Test func `layers that read the same give what each gives alone, for any tokens beside and any number of threads`() {
    let (tokens, columns) = (30, 90)
    let x = Tensor(shape: [tokens, columns], values: randomFloats(tokens * columns, seed: 86))
    let layers: [DotProducts.Layer] = [(70, 87), (5, 88), (128, 89)].map { rows, seed in
      (FloatMatrix(rows: rows, columns: columns, values: randomFloats(rows * columns, seed: seed)), nil)
    }
    let bias = randomFloats(5, seed: 90)
    let together = DotProducts.linear(x, [layers[0], (layers[1].weight, bias), layers[2]])
    #expect(together.map(\.shape) == [[30, 70], [30, 5], [30, 128]])
    for (index, layer) in layers.enumerated() {
      for token in [0, 13, 29] {
        var alone = DotProducts.linear(x.rows(token..<token + 1), [layer])[0]
        if index == 1 { for row in 0..<5 { alone.values[row] += bias[row] } }
        #expect(alone == together[index].rows(token..<token + 1))
        let row = Array(layer.weight.decoded(rows: 0..<1).values)
        let plain = dot(row, x.rows(token..<token + 1).values)
        #expect(alone.values[0] == (index == 1 ? plain + bias[0] : plain))
      }
    }
  }

  /// A weight that only decodes, as one that no kernel knows.
  private struct Opaque: WeightMatrix {
    let matrix: FloatMatrix
    var rows: Int { matrix.rows }
    var columns: Int { matrix.columns }
    func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
      matrix.decodeRows(range, into: &output)
    }
  }

  @Test(arguments: [(65, 33), (9, 5000), (200, 700)])
  func `a weight that has to be decoded gives the same`(size: (rows: Int, columns: Int)) {
    let matrix = FloatMatrix(
      rows: size.rows, columns: size.columns, values: randomFloats(size.rows * size.columns, seed: 91))
    let x = Tensor(shape: [3, size.columns], values: randomFloats(3 * size.columns, seed: 92))
    #expect(DotProducts.linear(x, [(Opaque(matrix: matrix), nil)]) == DotProducts.linear(x, [(matrix, nil)]))
  }

  @Test func `no tokens give no sums`() {
    let weight = FloatMatrix(rows: 3, columns: 2, values: [Float](repeating: 1, count: 6))
    #expect(DotProducts.linear(Tensor(zeros: [0, 2]), [(weight, [1, 2, 3])]) == [Tensor(zeros: [0, 3])])
  }

  /// Values as stored from the second byte on, and what they are then.
  private func stored(_ values: [Float], _ type: ck_float_type) -> (bytes: [UInt8], values: [Float]) {
    func bytes<T: FixedWidthInteger>(_ words: [T]) -> [UInt8] {
      [9] + words.flatMap { word in (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
    switch type {
    case CK_F16:
      let halves = values.map { Float16($0) }
      return (bytes(halves.map(\.bitPattern)), halves.map(Float.init))
    case CK_BF16:
      let halves = values.map { UInt16($0.bitPattern >> 16) }
      return (bytes(halves), halves.map { Float(bitPattern: UInt32($0) << 16) })
    default: return (bytes(values.map(\.bitPattern)), values)
    }
  }
}
