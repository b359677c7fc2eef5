// The decoder's names as transformers and vLLM spell them, and what hangs on them.
import ModelConfig
import Testing

@Suite struct DecoderNamesTests {
  @Test func `linears that loaders fuse are those that vLLM's packed_modules_mapping fuses`() {
    let sets = DecoderLinear.fusedSets.map { $0.map(\.component) }
    #expect(sets == [["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"]])
  }

  @Test func `linears that write to the residual stream are those that are cut along their inputs`() {
    let rowParallel = DecoderLinear.allCases.filter { $0.site.entersResidual }.map(\.component)
    #expect(rowParallel == ["o_proj", "down_proj"])
  }

  @Test func `scales of each site go into the tensor that its inputs come from`() {
    #expect(
      LinearSite.allCases.map(\.absorber.tensor) == [
        "input_layernorm.weight", "self_attn.v_proj.bias", "post_attention_layernorm.weight", "mlp.up_proj.bias",
      ])
  }

  @Test func `modules outside the layers have their canonical names`() {
    #expect(
      [DecoderNames.embeddings, DecoderNames.finalNorm, DecoderNames.head] == [
        "language_model.model.embed_tokens", "language_model.model.norm", "language_model.lm_head",
      ])
    #expect(DecoderLinear.query.moduleName(layer: 12) == "language_model.model.layers.12.self_attn.q_proj")
  }

  @Test(arguments: [
    "self_attn.q_proj", "self_attn.k_norm", "mlp.down_proj", "post_attention_layernorm", "input_layernorm",
  ])
  func `a module is found by its path`(path: String) throws {
    #expect(try #require(DecoderModule(path: path)).path == path)
  }

  @Test func `other paths are no modules`() {
    #expect(DecoderModule(path: "self_attn.rotary_emb") == nil)
    #expect(DecoderModule(path: "q_proj") == nil)
    #expect(DecoderLinear(module: "vision_model.encoder.layers.0.attn.q_proj") == nil)
    #expect(DecoderLinear(module: "model.layers.3.mlp.up_proj") == .up)
  }

  @Test func `the language model's config lies where each layout has it`() {
    #expect([CheckpointLayout.chat, .native, .text].map(\.languageKey) == ["llm_config", "text_config", nil])
    #expect(CheckpointLayout.languageKeys == ["llm_config", "text_config"])
  }
}
