// Linear layers with both factors in bf16, two products at a time: `NumericMode.bfloat16`. gemm_bf16.h says in which
// order they are added; the bits are the same on every processor, and for any panel and any number of threads.
internal import CKernels
internal import Tensors

enum BFloat16Products {
  /// Numbers of x that are rounded together: 16 MiB beside what a layer takes in other modes.
  private static let blockCount = 1 << 23

  /// y = x · Wᵀ + bias; see `Matmul.linear`, whose shapes are checked there and none of which is empty.
  ///
  /// Activations are rounded to bf16, and so are weights that are decoded from codes, as serving in bf16 rounds them. A
  /// weight that is stored as a float is the sum of two bf16 parts, the second of which is left out of panels that need
  /// none: nothing is lost of weights in BF16 and F16, and 2⁻¹⁷ of one in F32 at most. The second part's chains are
  /// added behind those of the first.
  static func linear(_ x: Tensor, _ weight: any WeightMatrix, bias: [Float]?) -> Tensor {
    let tokens = x.rowCount, rows = weight.rows, columns = weight.columns
    var y = Tensor(zeros: [tokens, rows])
    let block = max(64, blockCount / columns)
    for first in stride(from: 0, to: tokens, by: block) {
      let end = min(tokens, first + block)
      let inputs = PairedRows(
        x.values.span.extracting(first * columns..<end * columns), rows: end - first, columns: columns)
      unsafe y.values.withUnsafeMutableBufferPointer { outputs in
        guard let output = outputs.baseAddress else { return }
        unsafe fill(output + first * rows, inputs, weight, bias)
      }
    }
    return y
  }

  /// Rows that one worker takes together: where they have to be decoded, what 8 MiB hold with both parts.
  private static func panelRows(_ weight: any WeightMatrix) -> Int {
    if let dense = weight as? DenseMatrix, dense.format == .bfloat16 { return 256 }
    return min(256, max(16, (1 << 20) / weight.columns / 16 * 16))
  }

  /// The rows of y, from `output` on, that `inputs` make.
  private static func fill(
    _ output: UnsafeMutablePointer<Float>, _ inputs: PairedRows, _ weight: any WeightMatrix, _ bias: [Float]?
  ) {
    let rows = weight.rows, panelRows = panelRows(weight)
    // Each panel writes its own columns of the output.
    nonisolated(unsafe) let y = unsafe output
    Parallel.forEach((rows + panelRows - 1) / panelRows) { panel in
      let range = panel * panelRows..<min(rows, (panel + 1) * panelRows)
      let target = unsafe Target(base: y + range.lowerBound, stride: rows, tokens: inputs.rows)
      if !target.take(inputs, stored: weight, range) {
        let parts = Parts(weight, range)
        target.take(inputs, parts.high, .set)
        if let low = parts.low { target.take(inputs, low, .add) }
      }
      if let bias { target.add(bias, to: range) }
    }
  }

  /// c, `[x.rows, w.rows]` with `stride` elements from row to row, from x · wᵀ on this thread.
  static func multiply(
    _ x: PairedRows, _ w: PairedRows, _ mode: ProductMode, into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    unsafe w.withFactor { unsafe multiply(x, $0, rows: w.rows, mode, into: c, stride: stride) }
  }

  private static func multiply(
    _ x: PairedRows, _ w: ck_factor_bf16, rows: Int, _ mode: ProductMode, into c: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    unsafe x.withFactor { unsafe ck_gemm_bf16(c, stride, $0, w, x.rows, rows, x.pairs, mode.code) }
  }

  /// Some columns of y.
  @safe private struct Target {
    let base: UnsafeMutablePointer<Float>
    let stride: Int
    let tokens: Int

    /// y = x · wᵀ, or y + x · wᵀ.
    func take(_ x: PairedRows, _ w: PairedRows, _ mode: ProductMode) {
      unsafe BFloat16Products.multiply(x, w, mode, into: base, stride: stride)
    }

    /// y = x · wᵀ with rows that are pairs of bf16 in memory, as they lie there; false if they are not.
    func take(_ x: PairedRows, stored weight: any WeightMatrix, _ range: Range<Int>) -> Bool {
      guard let weight = weight as? DenseMatrix, weight.columns % 2 == 0 else { return false }
      return weight.withRows(range) { bytes, format in
        guard format == .bfloat16 else { return false }
        return unsafe bytes.withUnsafeBytes { bytes in
          guard let stored = bytes.baseAddress, Int(bitPattern: stored) % MemoryLayout<ck_bf16_pair>.alignment == 0
          else { return false }
          let pairs = unsafe stored.assumingMemoryBound(to: ck_bf16_pair.self)
          let factor = unsafe ck_factor_bf16(base: pairs, line_stride: x.pairs, k_stride: 1)
          unsafe BFloat16Products.multiply(x, factor, rows: range.count, .set, into: base, stride: stride)
          return true
        }
      }
    }

    func add(_ bias: [Float], to range: Range<Int>) {
      for token in 0..<tokens {
        for (column, row) in range.enumerated() { unsafe base[token * stride + column] += bias[row] }
      }
    }
  }

  /// Rows of a weight as a sum of bf16 parts.
  private struct Parts {
    let high: PairedRows
    /// nil if it is all zeros.
    let low: PairedRows?

    init(_ weight: any WeightMatrix, _ range: Range<Int>) {
      let columns = weight.columns, count = range.count * columns
      var values = [Float](repeating: 0, count: count)
      var span = values.mutableSpan
      weight.decodeRows(range, into: &span)
      high = PairedRows(values.span, rows: range.count, columns: columns)
      low =
        weight.isOfFloats && high.takeOff(&values) ? PairedRows(values.span, rows: range.count, columns: columns) : nil
    }
  }
}

extension WeightMatrix {
  /// Whether its weights are stored as floats, not decoded from codes.
  fileprivate var isOfFloats: Bool { self is DenseMatrix || self is FloatMatrix }
}
