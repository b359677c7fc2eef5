// Rows of bf16 numbers as gemm_bf16.h reads them.
internal import CKernels

/// Rows of numbers rounded to bf16, in pairs.
struct PairedRows: Sendable {
  let rows: Int
  private let columns: Int
  /// `[rows, 2 · pairs]`; behind an odd number of columns is a zero.
  private let bits: [UInt16]

  /// Pairs in a row.
  var pairs: Int { (columns + 1) / 2 }

  /// Rounds `values`, `[rows, columns]`, to nearest, ties to even.
  init(_ values: Span<Float>, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    let width = (columns + 1) / 2 * 2, rowsAtOnce = max(1, (1 << 15) / width)
    bits = unsafe values.withUnsafeBufferPointer { values in
      nonisolated(unsafe) let values = unsafe values
      return unsafe Parallel.array(count: rows * width, chunkCount: rowsAtOnce * width) { output, first, count in
        for row in 0..<count / width {
          let from = unsafe values.baseAddress.map { unsafe $0 + (first / width + row) * columns }
          unsafe ck_f32_to_bf16(output + row * width, from, columns)
          if width > columns { unsafe output[row * width + columns] = 0 }
        }
      }
    }
  }

  /// Leaves in `values`, of which these rows were made, what rounding took away; of numbers that become infinite nothing.
  /// - Returns: whether anything is left.
  func takeOff(_ values: inout [Float]) -> Bool {
    var seen: UInt32 = 0
    unsafe values.withUnsafeMutableBufferPointer { values in
      unsafe bits.withUnsafeBufferPointer { bits in
        guard let values = values.baseAddress, let bits = bits.baseAddress else { return }
        for row in 0..<rows {
          let (line, rounded) = unsafe (values + row * columns, bits + row * 2 * pairs)
          for column in 0..<columns {
            let high = unsafe Float(bitPattern: UInt32(rounded[column]) << 16)
            let rest = unsafe high.isFinite ? line[column] - high : 0
            unsafe line[column] = rest
            // Without the sign.
            seen |= rest.bitPattern << 1
          }
        }
      }
    }
    return seen != 0
  }

  func withFactor(_ body: (ck_factor_bf16) -> Void) {
    unsafe bits.withUnsafeBytes { bytes in
      let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: ck_bf16_pair.self)
      unsafe body(ck_factor_bf16(base: base, line_stride: pairs, k_stride: 1))
    }
  }
}
