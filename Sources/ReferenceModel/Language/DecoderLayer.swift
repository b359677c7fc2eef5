// One layer of a Qwen2, Qwen3 or Llama decoder, after transformers' `modeling_qwen2.py` and `modeling_qwen3.py`.
public import Kernels
public import ModelConfig
public import Tensors

/// Grouped-query attention with rotary positions.
public struct Attention: Sendable {
  /// q_proj, `[headCount · headDim, hidden]`.
  public var q: LinearLayer
  /// k_proj, `[kvHeadCount · headDim, hidden]`.
  public var k: LinearLayer
  /// v_proj, `[kvHeadCount · headDim, hidden]`.
  public var v: LinearLayer
  /// o_proj, `[hidden, headCount · headDim]`.
  public var o: LinearLayer
  /// Norm of each query head (Qwen3).
  public var qNorm: RMSNorm?
  /// Norm of each key head (Qwen3).
  public var kNorm: RMSNorm?
  let heads: HeadLayout
  private let mode: NumericMode

  init(_ weights: ScopedWeights, config: TextConfig, mode: NumericMode) throws {
    let hidden = config.hiddenSize
    let queryWidth = config.headCount * config.headDim, keyWidth = config.kvHeadCount * config.headDim
    func input(_ name: DecoderLinear, _ width: Int) throws -> LinearLayer {
      try LinearLayer(
        weights.scope(name.rawValue), inFeatures: hidden, outFeatures: width, hasBias: config.hasQKVBias, mode: mode)
    }
    func headNorm(_ name: DecoderHeadNorm) throws -> RMSNorm? {
      guard config.hasQKNorm else { return nil }
      return try RMSNorm(weights.scope(name.rawValue), width: config.headDim, epsilon: config.normEpsilon)
    }
    q = try input(.query, queryWidth)
    k = try input(.key, keyWidth)
    v = try input(.value, keyWidth)
    o = try LinearLayer(
      weights.scope(DecoderLinear.output.rawValue), inFeatures: queryWidth, outFeatures: hidden,
      hasBias: config.hasOutputBias, mode: mode)
    qNorm = try headNorm(.query)
    kNorm = try headNorm(.key)
    heads = HeadLayout(headCount: config.headCount, kvHeadCount: config.kvHeadCount, headDim: config.headDim)
    self.mode = mode
  }

  /// What o reads: the heads' weighted values side by side.
  /// - Parameters:
  ///   - x: `[tokens, hidden]`, normalised.
  ///   - rotary: of the tokens' positions, which follow those in `cache`.
  /// - Returns: `[tokens, headCount · headDim]`.
  func mix(_ x: Tensor, rotary: RotaryTable, cache: inout KVCache.Layer) -> Tensor {
    let (queries, keys, values) = project(x, rotary: rotary, by: .panels)
    return mix(queries, keys: keys, values: values, cache: &cache)
  }

  /// Queries, keys and values of some tokens, queries and keys rotated to their positions.
  /// - Parameter x: `[tokens, hidden]`, normalised.
  func project(
    _ x: Tensor, rotary: RotaryTable, by products: LinearProducts
  ) -> (queries: Tensor, keys: Tensor, values: Tensor) {
    // Taken out one by one: what nobody else holds is overwritten.
    var all = products(x, q, k, v)
    let values = all.removeLast(), keys = all.removeLast(), queries = all.removeLast()
    return (rotary.rotate(qNorm?.perHead(queries) ?? queries), rotary.rotate(kNorm?.perHead(keys) ?? keys), values)
  }

  /// The values of tokens that follow those in `cache`, weighted by what each of them sees; the cache takes them in.
  func mix(_ queries: Tensor, keys: Tensor, values: Tensor, cache: inout KVCache.Layer) -> Tensor {
    cache.append(keys: keys.values[...], values: values.values[...])
    return ScaledDotProductAttention.attend(
      queries: queries, keys: cache.keys, values: cache.values, heads: heads, mask: .causal, in: mode)
  }
}

/// down(silu(gate(x)) ∘ up(x)).
public struct GatedMLP: Sendable {
  /// gate_proj, `[intermediate, hidden]`.
  public var gate: LinearLayer
  /// up_proj, `[intermediate, hidden]`.
  public var up: LinearLayer
  /// down_proj, `[hidden, intermediate]`.
  public var down: LinearLayer

  init(_ weights: ScopedWeights, config: TextConfig, mode: NumericMode) throws {
    let (hidden, inner, bias) = (config.hiddenSize, config.intermediateSize, config.hasMLPBias)
    func linear(_ name: DecoderLinear, from inFeatures: Int, to outFeatures: Int) throws -> LinearLayer {
      try LinearLayer(
        weights.scope(name.rawValue), inFeatures: inFeatures, outFeatures: outFeatures, hasBias: bias, mode: mode)
    }
    gate = try linear(.gate, from: hidden, to: inner)
    up = try linear(.up, from: hidden, to: inner)
    down = try linear(.down, from: inner, to: hidden)
  }

  /// What down reads: silu(gate(x)) ∘ up(x), `[tokens, intermediate]`.
  /// - Parameter x: `[tokens, hidden]`, normalised.
  func gated(_ x: Tensor, by products: LinearProducts) -> Tensor {
    var both = products(x, gate, up)
    let factors = both.removeLast()
    return Activation.siluGated(both.removeLast(), factors)
  }
}

/// x + Attention(norm(x)), then x + MLP(norm(x)). All weights may be replaced by assignment.
public struct DecoderLayer: Sendable {
  /// input_layernorm.
  public var inputNorm: RMSNorm
  /// self_attn.
  public var attention: Attention
  /// post_attention_layernorm.
  public var postAttentionNorm: RMSNorm
  public var mlp: GatedMLP

  /// The layer whose weights lie below `weights`: `input_layernorm.weight`, `self_attn.q_proj.weight` and so on.
  /// - Throws: if a weight is missing or has another shape.
  public init(weights: ScopedWeights, config: TextConfig, mode: NumericMode) throws {
    func norm(_ name: DecoderNorm) throws -> RMSNorm {
      try RMSNorm(weights.scope(name.rawValue), width: config.hiddenSize, epsilon: config.normEpsilon)
    }
    inputNorm = try norm(.input)
    attention = try Attention(weights, config: config, mode: mode)
    postAttentionNorm = try norm(.postAttention)
    mlp = try GatedMLP(weights, config: config, mode: mode)
  }

  /// Runs the layer on tokens that follow those in `cache`, and appends their keys and values.
  /// - Parameters:
  ///   - hidden: `[tokens, hidden]`.
  ///   - rotary: of the tokens' positions.
  ///   - cache: this layer's.
  /// - Returns: `[tokens, hidden]`.
  public func callAsFunction(_ hidden: Tensor, rotary: RotaryTable, cache: inout KVCache.Layer) -> Tensor {
    var pass = LayerPass(hidden)
    for site in LinearSite.allCases { pass.advance(to: site, of: self, rotary: rotary, cache: &cache) }
    pass.leave(self)
    return pass.hidden
  }

  /// Runs the layer on a whole sequence, keeping nothing.
  /// - Parameters:
  ///   - hidden: `[tokens, hidden]`.
  ///   - rotary: of the tokens' positions.
  /// - Returns: `[tokens, hidden]`.
  public func callAsFunction(_ hidden: Tensor, rotary: RotaryTable) -> Tensor {
    var cache = KVCache.Layer()
    return self(hidden, rotary: rotary, cache: &cache)
  }
}
