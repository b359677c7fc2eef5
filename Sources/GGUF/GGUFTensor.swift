// The tensors of a GGUF file, as its table describes them.
public import Basics
public import Tensors

/// How a tensor's values are stored: the ggml types that skyquant writes.
public enum GGUFTensorType: UInt32, Sendable {
  case float32 = 0
  case float16 = 1
  /// Blocks of 32: half-precision d and m, then 16 bytes of codes; byte j holds code j below and j + 16 above.
  /// A value is d·code + m.
  case q4_1 = 3
  /// Blocks of 32: half-precision d, then 32 signed bytes. A value is d·byte.
  case q8_0 = 8
  /// Blocks of 256: half-precision d and dmin, 12 bytes with eight scales and minima of 6 bits, 128 bytes of codes.
  case q4_K = 12
  case bfloat16 = 30

  /// Values of a block, and its bytes.
  private var block: (count: Int, byteCount: Int) {
    switch self {
    case .float32: (1, 4)
    case .float16, .bfloat16: (1, 2)
    case .q4_1: (32, 20)
    case .q8_0: (32, 34)
    case .q4_K: (256, 144)
    }
  }

  /// Values of a block, which rows are made of; 1 if there are no blocks.
  public var blockSize: Int { block.count }

  /// Bytes of a tensor of this type; nil if its rows are not whole blocks.
  func byteCount(of shape: Shape) -> Int? {
    guard (shape.dimensions.last ?? 1) % block.count == 0 else { return nil }
    return shape.elementCount / block.count * block.byteCount
  }
}

/// A tensor to be written.
public struct GGUFTensor: Sendable, Equatable {
  /// At most 63 bytes of UTF-8: ggml adds a zero.
  public let name: String
  public let type: GGUFTensorType
  /// Extents, outermost first; the file has them in the opposite order. At most four.
  public let shape: Shape

  public init(name: String, type: GGUFTensorType, shape: Shape) {
    self.name = name
    self.type = type
    self.shape = shape
  }
}

/// Why a GGUF file cannot be written.
public enum GGUFError: CategorizedError, Equatable {
  /// A tensor that the format cannot hold.
  case unwritable(tensor: String, reason: String)

  public var category: FailureCategory { .unsupported }

  public var description: String {
    switch self {
    case .unwritable(let tensor, let reason): "tensor '\(tensor.displayed)' cannot be written to a GGUF file: \(reason)"
    }
  }
}
