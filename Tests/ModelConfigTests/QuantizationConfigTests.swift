// quantization_config in the spellings and places that AutoAWQ, lmdeploy and auto-round write.
import JSON
import ModelConfig
import Testing

@Suite struct QuantizationConfigTests {
  @Test(arguments: [["quantization_config"], ["llm_config", "quantization_config"]])
  func `it is found at the top and in the language model's config`(path: [String]) throws {
    let quantization: JSONValue = [
      "quant_method": "awq", "version": "GEMM", "bits": 4, "group_size": 64, "zero_point": true,
      "modules_to_not_convert": ["vision_model", "mlp1"],
    ]
    let chat = try ConfigText(Configs.chat300M)
    let config =
      path.count == 1 ? chat.with(path[0], value: quantization) : chat.with(path[0], path[1], value: quantization)
    let found = try #require(try config.parsed().quantization)
    #expect(found.bits == 4 && found.groupSize == 64 && found.hasZeroPoint)
    #expect(found.skippedModules == ["vision_model", "mlp1"])
  }

  @Test func `older keys and missing ones have AutoAWQ's meaning`() throws {
    let text = try ConfigText(Configs.text("qwen2"))
    let old = try text.with(
      "quantization_config", value: ["quant_method": "awq", "w_bit": 4, "q_group_size": 32]
    ).parsed()
    #expect(old.quantization?.groupSize == 32)
    let bare = try text.with(
      "quantization_config", value: ["quant_method": "awq", "modules_to_not_convert": nil]
    ).parsed()
    #expect(bare.quantization?.groupSize == 128 && bare.quantization?.skippedModules == [])
  }
}
