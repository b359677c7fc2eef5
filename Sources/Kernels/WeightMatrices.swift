// Weight matrices as they are stored, decoded a few rows at a time: floats of a file or in memory, and packed int4.
public import Basics
internal import CKernels
public import Tensors

/// A weight matrix over stored floats, widened a few rows at a time. Nothing is copied when it is made.
public struct DenseMatrix: WeightMatrix {
  public let rows: Int
  public let columns: Int
  private let view: TensorView
  let format: FloatFormat

  /// The matrix in `view`, which has two dimensions and F32, F16 or BF16 elements.
  /// - Throws: `KernelsError` if it has not.
  public init(_ view: TensorView) throws(KernelsError) {
    guard let format = FloatFormat(view.info.dtype) else {
      throw .unsupportedDType(tensor: view.info.name, found: view.info.dtype.rawValue)
    }
    guard view.info.shape.rank == 2 else {
      throw .notAMatrix(tensor: view.info.name, shape: view.info.shape.description)
    }
    rows = view.info.shape[0]
    columns = view.info.shape[1]
    self.view = view
    self.format = format
  }

  /// The bytes of some rows, and what they are.
  func withRows<Result>(_ range: Range<Int>, _ body: (RawSpan, FloatFormat) -> Result) -> Result {
    view.rows(range).withBytes { body($0, format) }
  }

  /// Widens `range` of the rows into the first `range.count * columns` of `output`.
  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    view.rows(range).withBytes {
      HalfPrecision.widen($0, from: format, count: range.count * columns, into: &output)
    }
  }

  public func release() { view.release() }
}

/// A weight matrix over 32-bit floats in memory.
public struct FloatMatrix: WeightMatrix {
  public let rows: Int
  public let columns: Int
  /// `rows * columns` values, row-major.
  public let values: [Float]

  /// Takes over `values`, which must hold `rows * columns` elements.
  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "values do not fill the matrix")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The matrix of a tensor, `[rows, columns]`.
  public init(_ tensor: Tensor) {
    self.init(rows: tensor.rowCount, columns: tensor.rowWidth, values: tensor.values)
  }

  /// Copies `range` of the rows into the first `range.count * columns` of `output`.
  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    let source = values.span.extracting(range.lowerBound * columns..<range.upperBound * columns)
    for index in source.indices { output[index] = source[index] }
  }
}

extension WeightMatrix {
  /// Rows that are decoded at a time on the way to something smaller.
  private static var stripRows: Int { 64 }

  /// Some columns of all rows, `[rows, range]`; never all columns at once.
  public func decoded(columns range: Range<Int>) -> Tensor {
    var values = [Float](repeating: 0, count: rows * range.count)
    Parallel.forEachChunk(of: &values, chunkCount: Self.stripRows * max(range.count, 1)) { strip, chunk in
      let first = strip * Self.stripRows
      let whole = decoded(rows: first..<min(rows, first + Self.stripRows))
      for row in 0..<whole.rowCount {
        for column in 0..<range.count {
          chunk[row * range.count + column] = whole.values[row * columns + range.lowerBound + column]
        }
      }
    }
    return Tensor(shape: [rows, range.count], values: values)
  }

  /// The first value that is NaN or infinite, row by row.
  public func firstNonFinite() -> (row: Int, column: Int)? {
    let found = Parallel.map((rows + Self.stripRows - 1) / Self.stripRows) { strip in
      let first = strip * Self.stripRows
      let values = decoded(rows: first..<min(rows, first + Self.stripRows)).values
      return values.firstIndex { !$0.isFinite }.map { first * columns + $0 }
    }
    return found.lazy.compactMap(\.self).first.map { ($0 / columns, $0 % columns) }
  }

  /// All rows as 32-bit floats, row-major: `rows * columns` of them.
  public func floats() -> [Float] {
    var values = [Float](repeating: 0, count: rows * columns)
    var span = values.mutableSpan
    decodeRows(0..<rows, into: &span)
    return values
  }
}

/// Why arithmetic cannot be done: stored bytes that are no numbers it knows, a library that is not there.
public enum KernelsError: CategorizedError, Equatable {
  /// The tensor's elements are not 16- or 32-bit floats.
  case unsupportedDType(tensor: String, found: String)
  /// The tensor does not have two dimensions.
  case notAMatrix(tensor: String, shape: String)
  /// OpenBLAS was asked for and cannot serve.
  case openBLASUnavailable(reason: String)

  public var category: FailureCategory {
    switch self {
    case .unsupportedDType, .notAMatrix: .malformedInput
    case .openBLASUnavailable: .unsupported
    }
  }

  public var description: String {
    switch self {
    case .unsupportedDType(let tensor, let found):
      "tensor '\(tensor)': expected dtype F32, F16 or BF16, found \(found); convert the checkpoint to one of them"
    case .notAMatrix(let tensor, let shape):
      "tensor '\(tensor)': expected two dimensions [rows, columns], found shape \(shape)"
    case .openBLASUnavailable(let reason):
      "OpenBLAS cannot be used here: \(reason); --numeric-mode exact does without it"
    }
  }
}

/// Decoding of packed int4 weights to 32-bit floats, w = (q − z)·s.
public enum Int4Decoding {
  /// Rows of a linear in the AWQ GEMM layout; see `ck_awq_gemm_decode_rows`.
  ///
  /// - Parameters:
  ///   - qweight: I32 `[in, out/8]`. - qzeros: I32 `[in/group, out/8]`. - scales: F16 `[in/group, out]`.
  ///   - rows: Output features; both bounds multiples of eight.
  ///   - output: At least `rows.count * inFeatures` elements; the first ones are written, row-major.
  public static func awqGEMM(
    qweight: RawSpan, qzeros: RawSpan, scales: RawSpan, inFeatures: Int, outFeatures: Int, groupSize: Int,
    rows: Range<Int>, into output: inout MutableSpan<Float>
  ) {
    let groups = inFeatures / groupSize
    precondition(rows.lowerBound % 8 == 0 && rows.count % 8 == 0 && rows.upperBound <= outFeatures)
    precondition(qweight.byteCount == inFeatures * outFeatures / 2 && qzeros.byteCount == groups * outFeatures / 2)
    precondition(scales.byteCount == groups * outFeatures * 2 && output.count >= rows.count * inFeatures)
    unsafe qweight.withUnsafeBytes { codes in
      unsafe qzeros.withUnsafeBytes { zeros in
        unsafe scales.withUnsafeBytes { scales in
          unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe ck_awq_gemm_decode_rows(
              output.baseAddress, codes.baseAddress, zeros.baseAddress, scales.baseAddress, inFeatures, outFeatures,
              groupSize, rows.lowerBound, rows.count)
          }
        }
      }
    }
  }

  /// Rows of a linear in the awq_u4 planes of a .skyq file, half-precision scales; see `ck_awq_u4_decode_rows`.
  ///
  /// - Parameters:
  ///   - codes: `[out, in/2]`. - scales: F16 `[out, in/group]`. - zeros: `[out, ceil(in/group/2)]`.
  ///   - output: At least `rows.count * inFeatures` elements; the first ones are written, row-major.
  public static func u4(
    codes: RawSpan, scales: RawSpan, zeros: RawSpan, inFeatures: Int, groupSize: Int, rows: Range<Int>,
    into output: inout MutableSpan<Float>
  ) {
    let groups = inFeatures / groupSize
    precondition(
      codes.byteCount >= rows.upperBound * inFeatures / 2 && scales.byteCount >= rows.upperBound * groups * 2)
    precondition(zeros.byteCount >= rows.upperBound * ((groups + 1) / 2) && output.count >= rows.count * inFeatures)
    unsafe codes.withUnsafeBytes { codes in
      unsafe zeros.withUnsafeBytes { zeros in
        unsafe scales.withUnsafeBytes { scales in
          unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe ck_awq_u4_decode_rows(
              output.baseAddress, codes.baseAddress, scales.baseAddress, zeros.baseAddress, CK_SCALES_F16, inFeatures,
              groupSize, rows.lowerBound, rows.count)
          }
        }
      }
    }
  }
}

/// Packed int4 codes in another order.
public enum Int4Repacking {
  /// Rows of awq_u4 codes from the words of the AWQ GEMM layout; see `ck_awq_gemm_to_u4_rows`.
  ///
  /// - Parameters:
  ///   - qweight: I32 `[in, out/8]`; `in` is a multiple of 32.
  ///   - rows: Output features; both bounds multiples of eight.
  ///   - output: At least `rows.count * inFeatures / 2` bytes; the first ones are written, row-major.
  public static func awqGEMMToU4(
    qweight: RawSpan, inFeatures: Int, outFeatures: Int, rows: Range<Int>, into output: inout MutableSpan<UInt8>
  ) {
    precondition(rows.lowerBound % 8 == 0 && rows.count % 8 == 0 && rows.upperBound <= outFeatures)
    precondition(inFeatures % 32 == 0 && qweight.byteCount == inFeatures * outFeatures / 2)
    precondition(output.count >= rows.count * inFeatures / 2, "no room for the codes")
    unsafe qweight.withUnsafeBytes { codes in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe ck_awq_gemm_to_u4_rows(
          output.baseAddress, codes.baseAddress, inFeatures, outFeatures, rows.lowerBound, rows.count)
      }
    }
  }
}
