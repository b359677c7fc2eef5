// Attention: softmax(q kᵀ / √d) v, head by head, over f32 matrix products.
internal import CKernels
internal import Glibc
public import Tensors

/// How the columns of q, k and v split into heads.
public struct HeadLayout: Sendable, Equatable {
  /// Query heads.
  public let headCount: Int
  /// Key/value heads; query head h reads key/value head h / (headCount / kvHeadCount).
  public let kvHeadCount: Int
  /// Width of one head.
  public let headDim: Int

  /// Describes heads. `kvHeadCount` must divide `headCount`.
  public init(headCount: Int, kvHeadCount: Int, headDim: Int) {
    precondition(kvHeadCount > 0 && headCount % kvHeadCount == 0, "KV heads must divide the heads")
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
  }
}

/// Which keys a query sees.
public enum AttentionMask: Sendable {
  /// All of them.
  case full
  /// The queries are the last tokens of the keys' sequence; each sees its own position and those before.
  case causal
}

/// Multi-head attention on rows that hold their heads side by side.
public enum ScaledDotProductAttention {
  /// Queries of one head that are computed together: a worker holds so many rows of scores.
  public static let blockQueries = 64

  /// Attention of `queries` to `keys` and `values`, with scores scaled by headDim^(−1/2).
  /// - Parameters:
  ///   - queries: `[tokens, headCount · headDim]`.
  ///   - keys: `[positions, kvHeadCount · headDim]`, row-major; at least as many positions as tokens if causal.
  ///   - values: the same shape as `keys`.
  ///   - mode: what multiplies.
  /// - Returns: `[tokens, headCount · headDim]`.
  public static func attend(
    queries: Tensor, keys: [Float], values: [Float], heads: HeadLayout, mask: AttentionMask,
    in mode: NumericMode = .exact
  ) -> Tensor {
    let tokens = queries.rowCount, keyWidth = heads.kvHeadCount * heads.headDim
    precondition(
      tokens == 0 || queries.rowWidth == heads.headCount * heads.headDim, "query width differs from the heads")
    precondition(keys.count == values.count && keys.count % keyWidth == 0, "keys and values differ in shape")
    let positions = keys.count / keyWidth
    precondition(mask == .full || positions >= tokens, "a causal query needs its own key")
    var output = Tensor(zeros: queries.shape)
    guard tokens > 0, positions > 0 else { return output }
    let blocks = (tokens + blockQueries - 1) / blockQueries
    unsafe output.values.withUnsafeMutableBufferPointer { out in
      unsafe queries.values.withUnsafeBufferPointer { q in
        unsafe keys.withUnsafeBufferPointer { k in
          unsafe values.withUnsafeBufferPointer { v in
            guard let out = out.baseAddress, let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress
            else { return }
            // Each piece writes the columns of its head in the rows of its block.
            nonisolated(unsafe) let operands = unsafe Operands(
              q: q, k: k, v: v, out: out, tokens: tokens, positions: positions, heads: heads, mask: mask,
              mode: mode)
            Parallel.forEach(heads.headCount * blocks, scratchCount: min(tokens, blockQueries) * positions) {
              piece, scores in
              let start = piece % blocks * blockQueries
              unsafe operands.attend(head: piece / blocks, start..<min(tokens, start + blockQueries), scores: &scores)
            }
          }
        }
      }
    }
    return output
  }

  /// All operands, as pointers that the workers share while `attend` runs.
  @safe private struct Operands {
    let q: UnsafePointer<Float>
    let k: UnsafePointer<Float>
    let v: UnsafePointer<Float>
    let out: UnsafeMutablePointer<Float>
    let tokens: Int
    let positions: Int
    let heads: HeadLayout
    let mask: AttentionMask
    let mode: NumericMode

    /// Positions that query `token` sees, from the first on.
    func visible(_ token: Int) -> Int { mask == .full ? positions : positions - tokens + token + 1 }

    func attend(head: Int, _ block: Range<Int>, scores: inout MutableSpan<Float>) {
      let width = heads.headCount * heads.headDim, keyWidth = heads.kvHeadCount * heads.headDim
      let offset = block.lowerBound * width + head * heads.headDim
      let kvOffset = head / (heads.headCount / heads.kvHeadCount) * heads.headDim
      let keyCount = visible(block.upperBound - 1)
      unsafe scores.withUnsafeMutableBufferPointer { buffer in
        guard let scores = buffer.baseAddress else { return }
        unsafe mode.multiply(
          MatrixPointer(base: q + offset, stride: width), MatrixPointer(base: k + kvOffset, stride: keyWidth),
          .rightTransposed, ProductSize(m: block.count, n: keyCount, k: heads.headDim), into: scores,
          stride: keyCount)
        let scale = 1 / Float(heads.headDim).squareRoot()
        for (line, token) in block.enumerated() {
          let row = unsafe scores + line * keyCount
          for position in 0..<visible(token) { unsafe row[position] *= scale }
          unsafe ck_softmax_f32(row, visible(token))
          for masked in visible(token)..<keyCount { unsafe row[masked] = 0 }
        }
        // The weight of what a query does not see is 0, which keeps numbers out of its sum, but not infinities and NaN.
        let hidden = visible(block.lowerBound)..<keyCount
        let together = unsafe areNumbers(v + kvOffset, hidden) ? block.count : 1
        for line in stride(from: 0, to: block.count, by: together) {
          unsafe mode.multiply(
            MatrixPointer(base: scores + line * keyCount, stride: keyCount),
            MatrixPointer(base: v + kvOffset, stride: keyWidth), .plain,
            ProductSize(m: together, n: heads.headDim, k: visible(block.lowerBound + line + together - 1)),
            into: out + offset + line * width, stride: width)
        }
      }
    }

    /// Whether all values of a head at some positions are finite.
    /// - Parameter values: Where the head's columns begin.
    private func areNumbers(_ values: UnsafePointer<Float>, _ positions: Range<Int>) -> Bool {
      let keyWidth = heads.kvHeadCount * heads.headDim
      // Magnitudes in the order of their bits, which compilers compare several at a time.
      var largest: Int32 = 0
      for position in positions {
        let row = unsafe values + position * keyWidth
        for column in 0..<heads.headDim {
          largest = unsafe max(largest, Int32(bitPattern: row[column].bitPattern) & .max)
        }
      }
      return largest < Int32(bitPattern: Float.infinity.bitPattern)
    }
  }
}
