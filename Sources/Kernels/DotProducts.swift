// Linear layers of a few tokens, as generation needs them: dot products with weights as they are stored. A
// token's bits depend on no other token, and on neither the number of threads nor the instruction set (dots.h
// says in which order they are summed); they differ in the last digits from those of a matrix product
// (`Matmul`).
internal import CKernels
public import Tensors

/// A weight that need not be decoded for dot products.
public protocol DotProductMatrix: WeightMatrix {
  /// Up to so many vectors, dot products with the stored form are faster than with decoded rows.
  var directVectorLimit: Int { get }
  /// Dot products of the rows of `range` with vectors, in the order that dots.h sets.
  /// - Parameters:
  ///   - vectors: `[count, columns]`, row-major.
  ///   - sums: `[count, range.count]`, row-major, all of it written.
  func dots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>)
}

/// Linear layers by dot products.
public enum DotProducts {
  /// A weight `[out, in]` and its bias `[out]`.
  public typealias Layer = (weight: any WeightMatrix, bias: [Float]?)

  /// Rows that one worker takes together: so many that taking them is nothing beside them, and that what is asked for
  /// ahead is its own; and so few that all workers end at about the same time. No bit depends on it.
  private static func pieceRows(_ rows: Int, tokens: Int) -> Int {
    max(64, min(1024 / tokens, rows / (2 * Parallel.threadCount)) / 8 * 8)
  }
  /// Floats decoded at a time, where that pays: 128 KiB stay in the second-level cache.
  private static let stripFloatCount = 1 << 15

  /// y = x · Wᵀ + bias of layers that read the same x, in one loop.
  /// - Parameter x: `[tokens, in]`.
  /// - Returns: For each layer `[tokens, out]`.
  public static func linear(_ x: Tensor, _ layers: [Layer]) -> [Tensor] {
    let tokens = x.rowCount
    for (weight, bias) in layers {
      precondition(tokens == 0 || x.rowWidth == weight.columns, "input width differs from the weight's columns")
      precondition(bias == nil || bias?.count == weight.rows, "bias length differs from the weight's rows")
    }
    guard tokens > 0, x.rowWidth > 0 else { return layers.map { Tensor(zeros: [tokens, $0.weight.rows]) } }
    let pieceRows = pieceRows(layers.reduce(0) { $0 + $1.weight.rows }, tokens: tokens)
    let pieces = layers.enumerated().flatMap { index, layer in
      // Asking a weight what it can do takes as long as a small piece.
      let direct = Piece.direct(layer.weight, tokens)
      return stride(from: 0, to: layer.weight.rows, by: pieceRows).map { start in
        Piece(layer, direct, rows: start..<min(layer.weight.rows, start + pieceRows), output: index)
      }
    }
    let scratchCount = pieces.reduce(0) { max($0, $1.scratchCount(tokens)) }
    let outputs = unsafe arrays(layers.map { tokens * $0.weight.rows }) { outputs in
      // Each piece writes its own columns of one output.
      nonisolated(unsafe) let outputs = unsafe outputs
      Parallel.forEach(pieces.count, scratchCount: scratchCount) { index, scratch in
        unsafe pieces[index].run(x.values.span, tokens: tokens, scratch: &scratch, into: outputs[pieces[index].output])
      }
    }
    return zip(layers, outputs).map { Tensor(shape: [tokens, $0.weight.rows], values: $1) }
  }

  /// Arrays of so many floats each, all of which `fill` writes.
  private static func arrays(
    _ counts: [Int], _ fill: ([UnsafeMutablePointer<Float>]) -> Void
  ) -> [[Float]] {
    func make(_ counts: ArraySlice<Int>, _ pointers: [UnsafeMutablePointer<Float>]) -> [[Float]] {
      guard let count = counts.first else {
        unsafe fill(pointers)
        return []
      }
      var rest: [[Float]] = []
      let values = unsafe [Float](unsafeUninitializedCapacity: max(1, count)) { buffer, initialized in
        guard let base = buffer.baseAddress else { return }
        unsafe rest = make(counts.dropFirst(), pointers + [base])
        initialized = count
      }
      return [values] + rest
    }
    return unsafe make(counts[...], [])
  }

  /// Some rows of one layer.
  private struct Piece: Sendable {
    let weight: any WeightMatrix
    let bias: [Float]?
    /// The weight, if it is not decoded first.
    let direct: (any DotProductMatrix)?
    let rows: Range<Int>
    /// The layer's number.
    let output: Int

    init(_ layer: Layer, _ direct: (any DotProductMatrix)?, rows: Range<Int>, output: Int) {
      (weight, bias) = layer
      self.direct = direct
      self.rows = rows
      self.output = output
    }

    /// `weight`, if it is not decoded for so many tokens.
    static func direct(_ weight: any WeightMatrix, _ tokens: Int) -> (any DotProductMatrix)? {
      guard let matrix = weight as? any DotProductMatrix, tokens <= matrix.directVectorLimit else { return nil }
      return matrix
    }

    /// Rows decoded at a time.
    private var stripRows: Int { min(rows.count, max(8, stripFloatCount / weight.columns / 8 * 8)) }

    /// Sums and, unless the weight is used as it is, a strip of decoded rows.
    func scratchCount(_ tokens: Int) -> Int {
      direct != nil ? tokens * rows.count : stripRows * (tokens + weight.columns)
    }

    /// - Parameters:
    ///   - x: `[tokens, columns]`.
    ///   - output: `[tokens, weight.rows]`.
    func run(
      _ x: Span<Float>, tokens: Int, scratch: inout MutableSpan<Float>, into output: UnsafeMutablePointer<Float>
    ) {
      let step = direct == nil ? stripRows : rows.count
      unsafe scratch.withUnsafeMutableBufferPointer { scratch in
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
          let range = start..<min(rows.upperBound, start + step)
          let sums = unsafe UnsafeMutableBufferPointer(rebasing: scratch[..<(tokens * range.count)])
          var sumSpan = unsafe MutableSpan(_unsafeElements: sums)
          if let direct {
            direct.dots(range, with: x, into: &sumSpan)
          } else {
            let decoded = unsafe UnsafeMutableBufferPointer(rebasing: scratch[(tokens * step)...])
            var rows = unsafe MutableSpan(_unsafeElements: decoded)
            weight.decodeRows(range, into: &rows)
            unsafe StoredDots.floats(
              UnsafeRawBufferPointer(decoded), .float32, rows: range.count, columns: weight.columns, with: x,
              into: &sumSpan)
          }
          unsafe put(sums, range, tokens, into: output)
        }
      }
    }

    private func put(
      _ sums: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>, _ tokens: Int,
      into output: UnsafeMutablePointer<Float>
    ) {
      for token in 0..<tokens {
        let row = unsafe output + token * weight.rows
        for (index, column) in range.enumerated() {
          let sum = unsafe sums[token * range.count + index]
          unsafe row[column] = bias.map { sum + $0[column] } ?? sum
        }
      }
    }
  }
}
