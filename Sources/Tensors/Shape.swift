// Dimensions of a tensor, outermost first, row-major.

/// Dimensions of a tensor, outermost first. The empty shape is a scalar with one element.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// Extents, outermost first; none is negative.
  public let dimensions: [Int]
  /// Product of the extents; 1 for a scalar.
  public let elementCount: Int

  /// A shape whose extents come from outside: nil if one is negative or the product overflows `Int`.
  public init?(checking dimensions: [Int]) {
    var product = 1
    for extent in dimensions {
      guard extent >= 0 else { return nil }
      let (result, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      product = result
    }
    self.dimensions = dimensions
    elementCount = product
  }

  /// A shape of our own making. The extents must not be negative nor overflow.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent")
    self.dimensions = dimensions
    elementCount = dimensions.reduce(1, *)
  }

  /// A shape written as a list of extents.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// Number of dimensions.
  public var rank: Int { dimensions.count }

  /// The extent of dimension `axis`.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// `[40, 5120]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
