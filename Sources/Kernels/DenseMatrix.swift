// Weight matrices whose elements are floats: stored in a file, or held in memory.
public import Tensors

/// A weight matrix over stored floats, widened a few rows at a time. Nothing is copied when it is made.
public struct DenseMatrix: WeightMatrix {
  /// Output features.
  public let rows: Int
  /// Input features.
  public let columns: Int
  private let view: TensorView
  private let format: FloatFormat

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

  /// Widens `range` of the rows into the first `range.count * columns` of `output`.
  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    view.rows(range).withBytes {
      HalfPrecision.widen($0, from: format, count: range.count * columns, into: &output)
    }
  }
}

/// A weight matrix over 32-bit floats in memory.
public struct FloatMatrix: WeightMatrix {
  /// Output features.
  public let rows: Int
  /// Input features.
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

  /// Copies `range` of the rows into the first `range.count * columns` of `output`.
  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    let source = values.span.extracting(range.lowerBound * columns..<range.upperBound * columns)
    for index in source.indices { output[index] = source[index] }
  }
}

extension WeightMatrix {
  /// All rows as 32-bit floats, row-major: `rows * columns` of them.
  public func floats() -> [Float] {
    var values = [Float](repeating: 0, count: rows * columns)
    var span = values.mutableSpan
    decodeRows(0..<rows, into: &span)
    return values
  }
}
