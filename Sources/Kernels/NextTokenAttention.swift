// Attention of one new token in each of several sequences, as a step of generation makes it. Weights shared
// by all sequences are no part of it, so each sequence is computed on its own, from its keys and values where
// they lie.
internal import CKernels
public import Tensors

/// The keys and values that a sequence has so far, each `[positions, kvHeadCount · headDim]`, row-major.
public struct KeysAndValues: Sendable {
  public let keys: [Float]
  public let values: [Float]

  /// Of equally many positions.
  public init(keys: [Float], values: [Float]) {
    precondition(keys.count == values.count, "keys and values differ in shape")
    self.keys = keys
    self.values = values
  }
}

extension ScaledDotProductAttention {
  /// Attention of one token to its own sequence, that token included, with scores scaled by headDim^(−1/2).
  /// In every numeric mode by our own dot products, a few heads at a time that read the same keys.
  /// - Parameters:
  ///   - queries: `[sequences, headCount · headDim]`.
  ///   - histories: one per sequence.
  /// - Returns: `[sequences, headCount · headDim]`.
  public static func attendLast(queries: Tensor, histories: [KeysAndValues], heads: HeadLayout) -> Tensor {
    let keyWidth = heads.kvHeadCount * heads.headDim, group = heads.headCount / heads.kvHeadCount
    precondition(queries.rowCount == histories.count, "one query per sequence")
    precondition(histories.isEmpty || queries.rowWidth == group * keyWidth, "query width differs from the heads")
    precondition(histories.allSatisfy { $0.keys.count % keyWidth == 0 }, "keys are not whole positions")
    let longest = histories.map { $0.keys.count / keyWidth }.max() ?? 0
    var output = Tensor(zeros: queries.shape)
    unsafe output.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      // Each piece writes the columns of its heads in the row of its sequence.
      nonisolated(unsafe) let out = unsafe base
      Parallel.forEach(histories.count * heads.kvHeadCount, scratchCount: group * longest) { piece, scores in
        let (sequence, kvHead) = piece.quotientAndRemainder(dividingBy: heads.kvHeadCount)
        let offset = (sequence * heads.kvHeadCount + kvHead) * group * heads.headDim
        unsafe attendLast(
          queries.values.span.extracting(offset..<offset + group * heads.headDim), histories[sequence],
          column: kvHead * heads.headDim, heads, &scores, into: out + offset)
      }
    }
    return output
  }

  /// The heads that read the keys and values from `column` on.
  private static func attendLast(
    _ queries: Span<Float>, _ history: KeysAndValues, column: Int, _ heads: HeadLayout,
    _ scores: inout MutableSpan<Float>, into out: UnsafeMutablePointer<Float>
  ) {
    let dim = heads.headDim, keyWidth = heads.kvHeadCount * dim, group = heads.headCount / heads.kvHeadCount
    let positions = history.keys.count / keyWidth
    guard positions > 0 else { return }
    unsafe scores.withUnsafeMutableBufferPointer { scores in
      unsafe queries.withUnsafeBufferPointer { queries in
        unsafe history.keys.withUnsafeBufferPointer { keys in
          unsafe history.values.withUnsafeBufferPointer { values in
            guard let scores = scores.baseAddress, let keys = keys.baseAddress, let values = values.baseAddress
            else { return }
            func rows(_ base: UnsafePointer<Float>) -> ck_float_rows {
              unsafe ck_float_rows(base: base + column, type: CK_F32, stride: keyWidth, rows: positions, columns: dim)
            }
            unsafe ck_dots_floats(
              scores, positions, ck_vectors(base: queries.baseAddress, stride: dim, count: group), rows(keys))
            let scale = 1 / Float(dim).squareRoot()
            for head in 0..<group {
              let row = unsafe scores + head * positions
              for position in 0..<positions { unsafe row[position] *= scale }
              unsafe ck_softmax_f32(row, positions)
            }
            unsafe ck_weighted_sums(
              out, dim, ck_vectors(base: scores, stride: positions, count: group), rows(values))
          }
        }
      }
    }
  }
}
