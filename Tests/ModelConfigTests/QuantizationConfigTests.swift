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

  @Test(
    arguments: [
      (["quant_method": "awq", "group_size": -1], .awq, -1, true),
      (["quant_method": "gptq", "bits": 4, "group_size": 64, "sym": true, "desc_act": true], .gptq, 64, false),
      (["quant_method": "gptq", "checkpoint_format": "gptq_v2", "group_size": -1, "sym": false], .gptqV2, -1, true),
      (["quant_method": "gptq", "format": "gptq_v2", "dynamic": ["-:.*lm_head": [:]]], .gptqV2, 128, true),
      (["quant_method": "gptq", "dynamic": ["+:.*down_proj": ["bits": 8]]], .gptq, nil, true),
      (["quant_method": "auto-round", "group_size": 32, "sym": true], .gptq, 32, false),
      (["quant_method": "auto-round", "packing_format": "auto_round", "sym": false], .gptqV2, 128, true),
      (["quant_method": "intel/auto-round", "packing_format": "auto_round:auto_awq"], .awq, 128, true),
      (["quant_method": "auto-round", "extra_config": ["lm_head": ["bits": 16]], "sym": true], .gptq, 128, false),
      (["quant_method": "auto-round", "extra_config": ["x": ["group_size": 32]], "sym": true], .gptq, nil, true),
    ] as [(JSONValue, QuantizationConfig.Layout, Int?, Bool)])
  func `each tool's keys`(_ value: JSONValue, layout: QuantizationConfig.Layout, groupSize: Int?, hasZeroPoint: Bool)
    throws
  {
    let text = try ConfigText(Configs.text("qwen2"))
    let found = try #require(try text.with("quantization_config", value: value).parsed().quantization)
    #expect(found.layout == layout && found.groupSize == groupSize && found.hasZeroPoint == hasZeroPoint)
  }

  @Test func `compressed-tensors states it for groups of modules`() throws {
    func config(_ groups: [JSONValue], format: JSONValue = "pack-quantized") throws -> QuantizationConfig? {
      var object = JSONObject()
      for (index, weights) in groups.enumerated() { object["group_\(index)"] = ["weights": weights] }
      let value: JSONValue = [
        "quant_method": "compressed-tensors", "format": format, "ignore": ["lm_head"], "sparsity_config": [:],
        "config_groups": .object(object),
      ]
      return try ConfigText(Configs.text("qwen2")).with("quantization_config", value: value).parsed().quantization
    }
    let group: JSONValue = ["num_bits": 4, "strategy": "group", "group_size": 64, "symmetric": false]
    let channel: JSONValue = ["num_bits": 4, "strategy": "channel", "group_size": nil, "symmetric": true]
    let one = try #require(try config([group])), whole = try #require(try config([channel]))
    #expect(one.layout == .packQuantized && one.groupSize == 64 && one.hasZeroPoint)
    #expect(one.skippedModules == ["lm_head"])
    #expect(whole.groupSize == -1 && !whole.hasZeroPoint)
    let mixed = try #require(try config([group, channel], format: "mixed-precision"))
    #expect(mixed.groupSize == nil && !mixed.hasZeroPoint && mixed.bits == nil && one.bits == 4)
    #expect(mixed.kinds == one.kinds + whole.kinds)
    let eight = try #require(try config([["num_bits": 8, "strategy": "group", "group_size": 128, "symmetric": true]]))
    #expect(eight.bits == 8 && eight.groupSize == 128 && !eight.hasZeroPoint)
    #expect(throws: ModelConfigError.self) { _ = try config([]) }
    #expect(throws: ModelConfigError.self) { _ = try config([["num_bits": 3]]) }
    #expect(throws: ModelConfigError.self) { _ = try config([["num_bits": 4, "strategy": "tensor"]]) }
    #expect(throws: ModelConfigError.self) { _ = try config([["num_bits": 4, "type": "float"]]) }
    #expect(throws: ModelConfigError.self) { _ = try config([group], format: "nvfp4-pack-quantized") }
  }
}
