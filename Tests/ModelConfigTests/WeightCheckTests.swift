// Weights that contradict their config are found from names, types and shapes alone.
import ModelConfig
import Tensors
import Testing

@Suite struct WeightCheckTests {
  private let config: ModelConfig
  /// What a file of that config holds, with the fused qkv of the layout.
  private var weights: [StoredWeight] = []

  init() throws {
    config = try ConfigText(Configs.chat300M).parsed()
    for weight in config.requiredWeights where !weight.isOptional {
      let dimensions = weight.extents.map(\.size)
      if weight.name.contains(".attn.k_proj.") || weight.name.contains(".attn.v_proj.") { continue }
      let name = weight.name.replacing(".attn.q_proj.", with: ".attn.qkv.")
      let rows = name == weight.name ? dimensions[0] : 3 * dimensions[0]
      weights.append(StoredWeight(name: name, dtype: .bfloat16, shape: Shape([rows] + dimensions.dropFirst())))
    }
  }

  private static let decoder = "language_model.model.layers."
  private static let query = decoder + "3.self_attn.q_proj.weight"

  private func faults(_ change: (inout [StoredWeight]) -> Void) -> [String] {
    var weights = weights
    change(&weights)
    return WeightCheck(config, weights).faults().map(\.description)
  }

  /// Puts another tensor in the place of `name`.
  private func replacing(_ name: String, dtype: DType? = .bfloat16, shape: Shape? = nil) -> [String] {
    faults { weights in
      guard let index = weights.firstIndex(where: { $0.name == name }) else { return }
      weights[index] = StoredWeight(name: name, dtype: dtype, shape: shape ?? weights[index].shape)
    }
  }

  @Test func `weights that fit have no fault, in 16 or 32 bit or, of linears, in int4`() {
    #expect(faults { _ in } == [])
    #expect(replacing(Self.query, dtype: .float32) == [])
    #expect(replacing(Self.query, dtype: nil) == [])
    // Extents of 1 differ between layouts.
    #expect(replacing("vision_model.embeddings.class_embedding", shape: [1024]) == [])
  }

  @Test func `more or fewer layers than the config says are one fault with both numbers`() {
    let message = "weights have 23 such layers; take config.json and shards from one repository"
    #expect(
      faults { $0.removeAll { $0.name.hasPrefix(Self.decoder + "23.") } }
        == ["config.json: 'llm_config.num_hidden_layers' is 24, but the " + message])
    #expect(
      faults { $0.removeAll { $0.name.hasPrefix("vision_model.encoder.layers.23.") } }
        == ["config.json: 'vision_config.num_hidden_layers' is 24, but the " + message])
    for (number, count) in [("24", "25"), ("9223372036854775807", "9223372036854775807")] {
      let extra = StoredWeight(name: Self.decoder + number + ".input_layernorm.weight", dtype: .float16, shape: [896])
      #expect(faults { $0.append(extra) }.first?.contains("is 24, but the weights have \(count) such layers") == true)
    }
  }

  @Test func `a number of a layer that is not written as one belongs to no layer`() {
    for number in ["01", "+1", "-1", "", "1e1", "99999999999999999999999"] {
      #expect(WeightNames.layer(of: Self.decoder + number + ".mlp.up_proj.weight", in: .decoder) == nil)
    }
    #expect(WeightNames.layer(of: Self.decoder + "10.mlp.up_proj.weight", in: .decoder) == 10)
    #expect(WeightNames.layer(of: Self.decoder + "10.mlp.up_proj.weight", in: .vision) == nil)
  }

  @Test func `what is missing is counted`() {
    #expect(
      faults { $0.removeAll { $0.name.hasPrefix(Self.decoder + "2.self_attn.") } }
        == [
          "tensor '\(Self.decoder)2.self_attn.q_proj.weight' is missing, though config.json calls for it (and 6 more)"
        ])
    #expect(
      faults { $0.removeAll { $0.name == "mlp1.3.bias" } }
        == ["tensor 'mlp1.3.bias' is missing, though config.json calls for it"])
  }

  @Test func `a shape is told with the keys that call for another`() {
    #expect(
      replacing(Self.query, shape: [896, 895])
        == [
          "tensor '\(Self.query)': config.json calls for shape [896, 896] (llm_config.num_attention_heads × head_dim, "
            + "llm_config.hidden_size), found [896, 895]"
        ])
    let fused = "vision_model.encoder.layers.0.attn.qkv.weight"
    for rows in [3071, 3069, 0] {
      #expect(
        replacing(fused, shape: [rows, 1024])
          == [
            "tensor '\(fused)': config.json calls for shape [3072, 1024] (3 × vision_config.hidden_size, "
              + "vision_config.hidden_size), found [\(rows), 1024]"
          ])
    }
    #expect(replacing(fused, shape: []).count == 1)
    // A matrix has two dimensions, neither more nor less.
    #expect(replacing(Self.query, shape: [896, 896, 1]).count == 1)
  }

  @Test func `types that cannot be computed with are refused`() {
    let norm = Self.decoder + "0.input_layernorm.weight"
    #expect(
      replacing(norm, dtype: nil) == ["tensor '\(norm)': expected F32, F16 or BF16, found a quantized linear"])
    for (dtype, name) in [(DType.float64, "F64"), (.int32, "I32")] {
      #expect(replacing(norm, dtype: dtype) == ["tensor '\(norm)': expected F32, F16 or BF16, found \(name)"])
    }
    // A quantized linear may hold several matrices.
    #expect(replacing("vision_model.encoder.layers.0.attn.qkv.weight", dtype: nil) == [])
  }

  @Test func `two tensors for one weight are named`() throws {
    let text = try ConfigText(Configs.text("llama")).parsed()
    let stored = text.requiredWeights.map {
      StoredWeight(
        name: String($0.name.dropFirst("language_model.".count)), dtype: .float16, shape: Shape($0.extents.map(\.size)))
    }
    let again = StoredWeight(name: "language_model.model.norm.weight", dtype: .float16, shape: [64])
    #expect(WeightCheck(text, stored).faults() == [])
    #expect(
      WeightCheck(text, stored + [again]).faults().map(\.description)
        == ["tensors 'model.norm.weight' and 'language_model.model.norm.weight' are the same weight; take one away"])
  }

  @Test func `tensors of the decoder that no such model reads are listed`() {
    let bias = StoredWeight(name: Self.decoder + "0.self_attn.o_proj.bias", dtype: .float16, shape: [896])
    let constant = StoredWeight(name: Self.decoder + "0.self_attn.rotary_emb.inv_freq", dtype: .float32, shape: [32])
    #expect(WeightCheck(config, weights).unusedInDecoder == [])
    #expect(WeightCheck(config, weights + [bias, constant]).unusedInDecoder == [bias.name])
  }
}
