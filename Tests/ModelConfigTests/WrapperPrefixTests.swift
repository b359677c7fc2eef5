// What wrappers put before the names of a model's weights.
import ModelConfig
import Testing

@Suite struct WrapperPrefixTests {
  private static let names = ["model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight", "lm_head.weight"]

  @Test(arguments: ["_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module."])
  func `what torch's wrappers put before all names is told`(prefix: String) {
    let found = WrapperPrefix(Self.names.map { prefix + $0 })
    #expect(found?.text == prefix && found?.isAdapter == false)
  }

  @Test func `what PEFT puts there is an adapter's, with or without torch's own`() {
    for prefix in ["base_model.model.", "module.base_model.model."] {
      let found = WrapperPrefix(Self.names.map { prefix + $0 })
      #expect(found?.text == prefix && found?.isAdapter == true)
      #expect(found?.explanation.contains("merge") == true)
    }
  }

  @Test func `names of which one is without a prefix have none`() {
    #expect(WrapperPrefix(Self.names) == nil)
    #expect(WrapperPrefix([String]()) == nil)
    #expect(WrapperPrefix(Self.names.map { "module." + $0 } + ["lm_head.bias"]) == nil)
    // The longest that all have.
    #expect(WrapperPrefix(["module.a", "module.module.b"])?.text == "module.")
  }
}
