// Activations and small weights: 32-bit floats in memory.

/// A dense row-major tensor of 32-bit floats.
public struct Tensor: Sendable, Equatable {
  /// Extents, outermost first.
  public let shape: Shape
  /// `shape.elementCount` values, row-major.
  public var values: [Float]

  /// Takes over `values`, which must hold `shape.elementCount` elements.
  public init(shape: Shape, values: [Float]) {
    precondition(values.count == shape.elementCount, "values do not fill the shape")
    self.shape = shape
    self.values = values
  }

  public init(zeros shape: Shape) {
    self.init(shape: shape, values: [Float](repeating: 0, count: shape.elementCount))
  }

  /// Extent of the outermost dimension.
  public var rowCount: Int { shape[0] }
  /// Elements of one outermost row.
  public var rowWidth: Int { shape[0] == 0 ? 0 : shape.elementCount / shape[0] }

  /// The same values under another shape of equal element count.
  public func reshaped(to shape: Shape) -> Tensor { Tensor(shape: shape, values: values) }

  /// Rows `range` of the outermost dimension, copied.
  public func rows(_ range: Range<Int>) -> Tensor {
    let width = rowWidth
    return Tensor(
      shape: Shape([range.count] + shape.dimensions.dropFirst()),
      values: Array(values[range.lowerBound * width..<range.upperBound * width]))
  }

  /// Rows of all `ranges`, one below the other, copied.
  public func rows(_ ranges: [Range<Int>]) -> Tensor {
    let width = rowWidth
    var picked: [Float] = []
    picked.reserveCapacity(ranges.reduce(0) { $0 + $1.count } * width)
    for range in ranges { picked += values[range.lowerBound * width..<range.upperBound * width] }
    return Tensor(
      shape: Shape([ranges.reduce(0) { $0 + $1.count }] + shape.dimensions.dropFirst()), values: picked)
  }
}
