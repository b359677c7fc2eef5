// Weights in the forms that models are stored in, of numbers that mean nothing.
import Kernels
import Tensors

/// Numbers that repeat.
enum Numbers {
  /// In −1...1.
  static func floats(_ count: Int) -> [Float] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(Int32(bitPattern: state)) / 0x1p31
    }
  }

  static func tensor(_ rows: Int, _ columns: Int) -> Tensor {
    Tensor(shape: [rows, columns], values: floats(rows * columns))
  }
}

enum StoredMatrix {
  static func bf16(rows: Int, columns: Int) -> any WeightMatrix {
    let halves = HalfPrecision.bfloat16Bits(Numbers.floats(rows * columns))
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 2 * halves.count) { buffer, initialized in
      for (index, half) in halves.enumerated() {
        unsafe buffer[2 * index] = UInt8(truncatingIfNeeded: half)
        unsafe buffer[2 * index + 1] = UInt8(half >> 8)
      }
      initialized = 2 * halves.count
    }
    let info = TensorInfo(name: "weight", dtype: .bfloat16, shape: [rows, columns])
    do throws(KernelsError) {
      return try DenseMatrix(TensorView(info: info, storage: ArrayStorage(bytes), byteOffset: 0))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// A weight, and the bytes that it is stored in.
  static func make(_ type: Work.StoredAs, rows: Int, columns: Int) -> (weight: any WeightMatrix, byteCount: Int) {
    switch type {
    case .f32:
      (FloatMatrix(rows: rows, columns: columns, values: Numbers.floats(rows * columns)), 4 * rows * columns)
    case .bf16: (bf16(rows: rows, columns: columns), 2 * rows * columns)
    case .int4:
      { ($0, $0.byteCount) }(Int4Matrix(rows: rows, columns: columns))
    }
  }
}

/// Codes in the planes of a .skyq file, in groups of 128, or of 64 where those do not divide the columns.
private struct Int4Matrix: DotProductMatrix {
  let rows: Int
  let columns: Int
  private let groupSize: Int
  private let codes: [UInt8]
  private let scales: [UInt8]
  private let zeros: [UInt8]

  var byteCount: Int { codes.count + scales.count + zeros.count }
  var directVectorLimit: Int { Int4Dots.awqU4VectorLimit }

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    groupSize = columns % 128 == 0 ? 128 : 64
    let groups = columns / groupSize
    codes = (0..<rows * columns / 2).map { UInt8(truncatingIfNeeded: $0 &* 167) }
    // 2⁻⁸ in half precision.
    scales = (0..<rows * groups).flatMap { _ in [0x00, 0x1C] as [UInt8] }
    zeros = [UInt8](repeating: 0x88, count: rows * ((groups + 1) / 2))
  }

  func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    unsafe Int4Decoding.u4(
      codes: codes.span.bytes, scales: scales.span.bytes, zeros: zeros.span.bytes, inFeatures: columns,
      groupSize: groupSize, rows: range, into: &output)
  }

  func dots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>) {
    unsafe Int4Dots.awqU4(
      codes: codes.span.bytes, scales: scales.span.bytes, zeros: zeros.span.bytes, inFeatures: columns,
      groupSize: groupSize, rows: range, with: vectors, into: &sums)
  }
}
