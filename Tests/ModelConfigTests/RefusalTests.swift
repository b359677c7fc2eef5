// Configs that cannot be computed are refused in one line that says why and what to do.
import JSON
import ModelConfig
import Testing

@Suite struct RefusalTests {
  private func message(_ config: ConfigText) -> String? {
    let error = #expect(throws: ModelConfigError.self) { try config.parsed() }
    #expect(error?.description.contains("\n") == false)
    return error?.description
  }

  @Test func `models with another language model`() throws {
    let chat = try ConfigText(Configs.chat300M)
    #expect(
      message(chat.with("llm_config", "model_type", value: "internlm3"))
        == "config.json: an InternLM language model (InternVL3-9B) is not supported; use a Qwen2-based size")
    #expect(
      message(chat.with("llm_config", "model_type", value: "qwen3_moe"))
        == "config.json: language model \"qwen3_moe\" is not supported; "
        + "the language models read are qwen2, qwen3 and llama")
    #expect(message(chat.with("llm_config", value: nil))?.contains("'llm_config': expected an object") == true)
  }

  @Test func `models of another type`() throws {
    let known = "known are skywork_chat, internvl_chat, internvl, qwen2, qwen3 and llama"
    #expect(
      message(try ConfigText(Configs.text("qwen2_5_vl")))
        == "config.json: model_type \"qwen2_5_vl\" is not supported; \(known)")
    #expect(
      message(try ConfigText("{}"))
        == "config.json: 'model_type': expected a model type (\(known)), found nothing")
  }

  @Test(arguments: [["rope_pos_id_version"], ["llm_config", "rope_pos_id_version"], ["rope_pos_id_stride"]])
  func `V2PE, wherever the config says it`(path: [String]) throws {
    let chat = try ConfigText(Configs.chat300M)
    let config =
      path.count == 1 ? chat.with(path[0], value: "v2pe_fix") : chat.with(path[0], path[1], value: "v2pe_fix")
    #expect(
      message(config)
        == "config.json: V2PE (\(path.last ?? "")) is not supported; use a checkpoint with plain positions")
  }

  @Test(
    arguments: [
      (["quant_method": "fp8"], "quant_method \"fp8\" is not supported; awq, gptq, auto-round and compressed-tensors"),
      (
        ["quant_method": "awq", "version": "gemv"],
        "AWQ version \"gemv\" is not supported; only the gemm layout is read"
      ),
      (["quant_method": "awq", "bits": 8], "AWQ with 8 bits is not supported; only 4 bits are read"),
      (["quant_method": "awq", "zero_point": false], "AWQ without zero points is not supported"),
    ] as [(JSONValue, String)])
  func `quantizations that are not computed with`(quantization: JSONValue, problem: String) throws {
    let chat = try ConfigText(Configs.chat300M)
    for config in [
      chat.with("quantization_config", value: quantization),
      chat.with("llm_config", "quantization_config", value: quantization),
    ] {
      #expect(message(config)?.hasPrefix("config.json: " + problem) == true)
    }
  }

  @Test(
    arguments: [
      (["num_key_value_heads"], 3, "'num_key_value_heads': expected a divisor of 4, found 3"),
      (["num_attention_heads"], 7, "'num_attention_heads': expected a divisor of 64, found 7"),
      (["head_dim"], 15, "'head_dim': expected an even number, found 15"),
      (["hidden_size"], 0, "'hidden_size': expected an integer from 1 to 1073741824, found 0"),
      (
        ["num_hidden_layers"], 1_099_511_627_776,
        "'num_hidden_layers': expected an integer from 1 to 4096, found 1099511627776"
      ),
      (["vocab_size"], "many", "'vocab_size': expected an integer from 1 to 1073741824, found \"many\""),
      (["rms_norm_eps"], -1, "'rms_norm_eps': expected a positive number, found -1"),
      (["use_sliding_window"], true, "sliding-window attention is not supported"),
      (["hidden_act"], "gelu", "activation \"gelu\" is not supported; these decoders use silu"),
    ] as [([String], JSONValue, String)])
  func `values a decoder cannot have`(key: [String], value: JSONValue, problem: String) throws {
    let config = try ConfigText(Configs.text("qwen2")).with(key[0], value: value)
    #expect(message(config)?.hasPrefix("config.json: " + problem) == true)
  }

  @Test(
    arguments: [
      ("num_attention_heads", 15, "'vision_config.num_attention_heads': expected a divisor of 1024, found 15"),
      ("image_size", [448, 224], "'vision_config.image_size': expected equal side lengths, found 2 other values"),
      ("patch_size", 15, "'vision_config.image_size': expected a multiple of 15, found 448"),
      ("image_size", 224, "force_image_size 448 with a tower of 224 px is not supported"),
      ("norm_type", "batch_norm", "vision_config.norm_type \"batch_norm\" is not supported"),
      ("num_channels", 4, "a vision tower without 3 colour channels is not supported"),
      ("hidden_act", "quick_gelu", "vision activation \"quick_gelu\" is not supported"),
    ] as [(String, JSONValue, String)])
  func `values a tower cannot have`(key: String, value: JSONValue, problem: String) throws {
    let config = try ConfigText(Configs.chat300M).with("vision_config", key, value: value)
    #expect(message(config)?.hasPrefix("config.json: " + problem) == true)
  }

  @Test(
    arguments: [
      ("select_layer", -25, "'select_layer': expected an integer from -24 to 24, found -25"),
      ("ps_version", "v3", "'ps_version': expected v1 or v2, found \"v3\""),
      ("downsample_ratio", .double(0.3), "'downsample_ratio': expected a ratio that divides the patch grid, found 0.3"),
      ("downsample_ratio", .double(1e-300), "'downsample_ratio': expected a ratio that divides the patch grid"),
      ("max_dynamic_patch", 0, "'max_dynamic_patch': expected an integer from 1 to 256, found 0"),
      ("system_message", 3, "'system_message': expected a string, found 3"),
    ] as [(String, JSONValue, String)])
  func `values the whole cannot have`(key: String, value: JSONValue, problem: String) throws {
    #expect(
      message(try ConfigText(Configs.chat300M).with(key, value: value))?.hasPrefix("config.json: " + problem) == true)
  }
}
