// Rotated keys, and values, of the tokens a decoder has seen.
import Tensors

/// Keys and values of all layers, in 32-bit floats: 8 · layers · kvHeadCount · headDim bytes per token.
public struct KVCache: Sendable {
  /// One layer's part.
  public struct Layer: Sendable {
    /// `[positions, kvHeadCount · headDim]`, after the rotary embedding.
    public private(set) var keys: [Float] = []
    /// `[positions, kvHeadCount · headDim]`.
    public private(set) var values: [Float] = []

    /// Nothing seen yet.
    public init() {}

    /// Appends the rows of new tokens.
    mutating func append(keys newKeys: Tensor, values newValues: Tensor) {
      keys += newKeys.values
      values += newValues.values
    }
  }

  /// In order of the decoder's layers.
  public var layers: [Layer]
  /// The position of the next token of text: `Positions.end` of those seen last.
  public internal(set) var end = 0

  /// An empty cache for `layerCount` layers.
  public init(layerCount: Int) { layers = [Layer](repeating: Layer(), count: layerCount) }
}
