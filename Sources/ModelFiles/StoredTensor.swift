// One weight as a file stores it, whichever file that is.
public import Quantization
public import Tensors

/// A tensor of a model on disk: dense, or the parts of a quantized linear taken together.
public struct StoredTensor: Sendable {
  /// What it holds.
  public enum Content: Sendable {
    /// Bytes of a plain element type.
    case dense(TensorView)
    /// Packed int4 codes with zeros and scales.
    case int4(any PackedInt4)
  }

  /// The name in the model's own layout; of a quantized linear, the name its plain weight would have.
  public let name: String
  /// The bytes.
  public let content: Content

  /// A tensor of this name.
  public init(name: String, content: Content) {
    self.name = name
    self.content = content
  }

  /// Logical shape; of a quantized linear `[outFeatures, inFeatures]`.
  public var shape: Shape {
    switch content {
    case .dense(let view): view.info.shape
    case .int4(let packed): [packed.rows, packed.columns]
    }
  }

  /// Bytes in the file, without padding.
  public var byteCount: Int {
    switch content {
    case .dense(let view): view.info.byteCount
    case .int4(let packed): packed.byteCount
    }
  }

  /// Gives back the memory of what was read of it; it can still be read again.
  public func release() {
    switch content {
    case .dense(let view): view.release()
    case .int4(let packed): packed.release()
    }
  }

  /// `BF16`, `awq_u4 g128`.
  public var encodingName: String {
    switch content {
    case .dense(let view): view.info.dtype.rawValue
    case .int4(let packed): "awq_u4 g\(packed.scheme.groupSize)"
    }
  }
}
