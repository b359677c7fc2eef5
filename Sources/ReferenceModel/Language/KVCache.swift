// The keys and values of the tokens that a decoder has seen.
public import ModelConfig
internal import Tensors

/// Keys and values of all layers, in 32-bit floats.
public struct KVCache: Sendable {
  /// One layer's part.
  public struct Layer: Sendable {
    /// `[positions, kvHeadCount · headDim]`, after the rotary embedding.
    public private(set) var keys: [Float] = []
    /// `[positions, kvHeadCount · headDim]`.
    public private(set) var values: [Float] = []

    public init() {}

    /// With room for `count` floats of each.
    init(reserving count: Int) {
      keys.reserveCapacity(count)
      values.reserveCapacity(count)
    }

    /// Appends the rows of new tokens.
    mutating func append(keys newKeys: ArraySlice<Float>, values newValues: ArraySlice<Float>) {
      keys += newKeys
      values += newValues
    }

    /// Appends the first `count` floats of each that another sequence has.
    mutating func append(first count: Int, of other: Layer) {
      append(keys: other.keys[..<count], values: other.values[..<count])
    }
  }

  /// In order of the decoder's layers.
  public var layers: [Layer]
  /// The position of the next token of text: `Positions.end` of those seen last.
  public internal(set) var end = 0

  public init(layerCount: Int) { layers = [Layer](repeating: Layer(), count: layerCount) }

  /// The cache of a sequence that will have `tokens` tokens in all: it takes its memory at once, and no more
  /// later.
  init(config: TextConfig, tokens: Int) {
    layers = (0..<config.layerCount).map { _ in
      Layer(reserving: tokens * config.kvHeadCount * config.headDim)
    }
  }

  /// Bytes that a token takes: keys and values of each layer.
  public static func byteCountPerToken(_ config: TextConfig) -> Int {
    2 * config.layerCount * config.kvHeadCount * config.headDim * MemoryLayout<Float>.size
  }
}
