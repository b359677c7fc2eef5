// What a tensor is: element type, named as in the safetensors header, and dimensions, outermost first.

/// The type of a tensor's elements. Raw values are the names of the safetensors header.
public enum DType: String, Sendable, Hashable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"
  // Listed and carried, never computed with.
  case complex64 = "C64"
  case float8e4m3 = "F8_E4M3"
  case float8e5m2 = "F8_E5M2"
  case float8e8m0 = "F8_E8M0"
  case float8e4m3fnuz = "F8_E4M3FNUZ"
  case float8e5m2fnuz = "F8_E5M2FNUZ"
  case float6e2m3 = "F6_E2M3"
  case float6e3m2 = "F6_E3M2"
  case float4 = "F4"
  case int4 = "I4"
  case uint4 = "U4"

  /// Bits of one element; elements of less than 8 share bytes.
  public var bitWidth: Int {
    switch self {
    case .float64, .int64, .uint64, .complex64: 64
    case .float32, .int32, .uint32: 32
    case .float16, .bfloat16, .int16, .uint16: 16
    case .int8, .uint8, .bool, .float8e4m3, .float8e5m2, .float8e8m0, .float8e4m3fnuz, .float8e5m2fnuz: 8
    case .float6e2m3, .float6e3m2: 6
    case .float4, .int4, .uint4: 4
    }
  }

  /// Bytes of one element, of a type whose elements do not share any.
  public var byteWidth: Int {
    precondition(bitWidth % 8 == 0, "elements share bytes")
    return bitWidth / 8
  }

  /// Whether weights in this type can be computed with: 16- and 32-bit floats.
  public var isWeightType: Bool {
    switch self {
    case .float32, .float16, .bfloat16: true
    default: false
    }
  }
}

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

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public var rank: Int { dimensions.count }

  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// `[40, 5120]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}

/// Name, dtype and shape of a tensor, as a header states them.
public struct TensorInfo: Sendable, Hashable {
  /// Dotted path, exactly as in the file.
  public let name: String
  public let dtype: DType
  /// Extents, outermost first.
  public let shape: Shape

  public init(name: String, dtype: DType, shape: Shape) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  /// Bytes of the tensor's data.
  public var byteCount: Int {
    dtype.bitWidth % 8 == 0 ? shape.elementCount * dtype.byteWidth : (shape.elementCount * dtype.bitWidth + 7) / 8
  }
}
