// What differs in meaning is named, and nothing else.
import Companions
import JSON
import ModelConfig
import Testing

@Suite struct DifferenceTests {
  private let sample: FileSet

  init() throws { sample = try FileSet() }

  @Test func `files do not differ from themselves`() throws {
    #expect(try sample.differences(from: sample) == [])
  }

  @Test func `each setting of config json is named`() throws {
    let changes: [(path: [String], value: JSONValue, setting: String)] = [
      (["llm_config", "rope_theta"], 10000, "rope_theta"),
      (["llm_config", "rope_scaling"], ["type": "linear", "factor": 2], "rope_scaling"),
      (["llm_config", "rms_norm_eps"], .double(1e-5), "rms_norm_eps"),
      (["llm_config", "num_key_value_heads"], 4, "num_key_value_heads"),
      (["llm_config", "max_position_embeddings"], 2048, "max_position_embeddings"),
      (["llm_config", "eos_token_id"], [452, 450], "eos_token_id"),
      (["llm_config", "bos_token_id"], nil, "bos_token_id"), (["llm_config", "pad_token_id"], 450, "pad_token_id"),
      (["vision_config", "layer_norm_eps"], .double(1e-5), "vision_config.layer_norm_eps"),
      (["vision_config", "qk_normalization"], false, "vision_config.qk_normalization"),
      (["downsample_ratio"], .double(0.25), "downsample_ratio"), (["ps_version"], "v1", "ps_version"),
      (["select_layer"], -2, "select_layer"), (["dynamic_image_size"], false, "dynamic_image_size"),
      (["min_dynamic_patch"], 2, "min_dynamic_patch"), (["max_dynamic_patch"], 12, "max_dynamic_patch"),
      (["use_thumbnail"], false, "use_thumbnail"), (["pad2square"], true, "pad2square"),
      (["template"], "skywork-r1v3", "template"), (["template"], "unknown", "template"),
      (["system_message"], "Answer in rhymes.", "system_message"), (["system_message"], nil, "system_message"),
    ]
    for (path, value, setting) in changes {
      let changed = try changed("config.json", path, value)
      #expect(try changed.differences(from: sample) == ["config.json: \(setting)"])
      #expect(try sample.differences(from: changed) == ["config.json: \(setting)"])
    }
  }

  @Test func `how weights are stored and who wrote the files is no difference`() throws {
    let changes: [(file: String, path: [String], value: JSONValue?)] = [
      (
        "config.json", ["quantization_config"],
        ["quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm"]
      ),
      ("config.json", ["torch_dtype"], "float16"), ("config.json", ["transformers_version"], "5.0"),
      ("config.json", ["llm_config", "tie_word_embeddings"], true), ("config.json", ["llm_config", "use_cache"], true),
      ("config.json", ["eos_token_id"], 452), ("config.json", ["select_layer"], 3),
      ("generation_config.json", ["transformers_version"], "5.0"), ("generation_config.json", ["eos_token_id"], 452),
      ("generation_config.json", ["temperature"], .double(1)), ("generation_config.json", ["do_sample"], nil),
      ("preprocessor_config.json", ["image_processor_type"], "CLIPImageProcessor"),
      ("preprocessor_config.json", ["size"], ["shortest_edge": 56]),
      ("preprocessor_config.json", ["crop_size"], ["height": 56, "width": 56]),
      ("preprocessor_config.json", ["do_rescale"], true),
      ("preprocessor_config.json", ["rescale_factor"], .double(0.00392156862745098)),
      ("preprocessor_config.json", ["image_mean"], [.double(0.48500001430511475), .double(0.456), .double(0.406)]),
      ("tokenizer_config.json", ["tokenizer_class"], "Qwen2TokenizerFast"),
      ("tokenizer_config.json", ["eos_token"], ["content": "<|im_end|>", "special": true]),
    ]
    for (file, path, value) in changes {
      #expect(try changed(file, path, value).differences(from: sample) == [], "\(file) \(path)")
    }
  }

  @Test func `JSON in another order, spacing and spelling is no difference`() throws {
    var written = sample
    for name in sample.names where name.hasSuffix(".json") {
      written[name] = String(decoding: try sample.json(name).serialized(.canonical), as: UTF8.self)
    }
    for (name, old, new) in [
      ("config.json", ":1e-06", ":0.0000010"), ("preprocessor_config.json", ":56,", ":5.6e1,"),
    ] {
      let text = try #require(written[name])
      written[name] = text.replacing(old, with: new)
      #expect(written[name] != text)
    }
    #expect(try written.differences(from: sample) == [])
  }

  @Test func `each setting of generation and of pictures is named`() throws {
    let changes: [(file: String, key: String, value: JSONValue?)] = [
      ("generation_config.json", "eos_token_id", [450, 452]), ("generation_config.json", "max_new_tokens", 5),
      ("generation_config.json", "do_sample", true), ("generation_config.json", "temperature", .double(0.6)),
      ("generation_config.json", "pad_token_id", 450),
      ("preprocessor_config.json", "image_mean", [.double(0.5), .double(0.5), .double(0.5)]),
      ("preprocessor_config.json", "image_std", [1, 1, 1]), ("preprocessor_config.json", "size", 448),
      ("preprocessor_config.json", "size", ["height": 56, "width": 112]),
      ("preprocessor_config.json", "do_rescale", false), ("preprocessor_config.json", "do_normalize", false),
      ("preprocessor_config.json", "resample", 2), ("preprocessor_config.json", "crop_size", nil),
    ]
    for (file, key, value) in changes {
      #expect(try changed(file, [key], value).differences(from: sample) == ["\(file): \(key)"])
    }
  }

  @Test func `a file that is missing or cannot be read is named`() throws {
    for name in ["generation_config.json", "preprocessor_config.json"] {
      var without = sample
      without[name] = nil
      #expect(try without.differences(from: sample) == ["\(name): file"])
      #expect(try sample.differences(from: without) == ["\(name): file"])
      without[name] = "{}"
      let differences = try without.differences(from: sample)
      #expect(!differences.isEmpty && differences.allSatisfy { $0.hasPrefix("\(name): ") })
      without[name] = "{"
      #expect(try without.differences(from: sample).contains("\(name): content"))
    }
    var both = sample
    both["generation_config.json"] = nil
    #expect(try both.differences(from: both) == [])
  }

  @Test func `the chat template is compared wherever it stands`() throws {
    let template = try #require(try sample.json("tokenizer_config.json")["chat_template"]?.stringValue)
    var moved = try sample.with("tokenizer_config.json", "chat_template", value: nil)
    #expect(try moved.differences(from: sample) == ["tokenizer_config.json: chat_template"])
    moved["chat_template.jinja"] = template + "\n"
    #expect(try moved.differences(from: sample) == [])
    moved["chat_template.jinja"] = template.replacing("add_generation_prompt", with: "false")
    let differences = try moved.companions.differences(from: sample.companions)
    #expect(differences.map(\.file) == ["chat_template.jinja"])
    // The line shows where they part, though both begin with the same 200 characters and more.
    #expect(differences[0].description.contains("false") && differences[0].description.contains("add_generation"))
    #expect(differences[0].description.unicodeScalars.count < 300)
  }

  @Test func `code that a loader may run is compared byte by byte`() throws {
    var (mine, theirs) = (sample, sample)
    theirs["modeling_chat.py"] = "x = 1\n"
    #expect(try mine.differences(from: theirs) == [])  // transformers' own classes need no code
    mine["modeling_chat.py"] = "x = 1\n"
    #expect(try mine.differences(from: theirs) == [])
    mine["modeling_chat.py"] = "x = 2\n"
    mine["more.py"] = "import os\n"
    #expect(try mine.differences(from: theirs) == ["modeling_chat.py: code", "more.py: code"])
  }

  @Test func `what a file says cannot drive a terminal`() throws {
    let hostile = try sample.with("config.json", "system_message", value: "\u{1B}]0;x\u{7}\u{202E}\nconfig.json: fine")
    let lines = try hostile.companions.differences(from: sample.companions).map(\.description)
    #expect(lines.count == 1 && lines[0].contains(#"\u{1b}]0;x\u{7}\u{202e}\u{a}config.json: fine"#))
  }

  /// A field that is added to these types must be added to `SettingList`, too, or to `ignored` with a reason.
  @Test func `every field of the config is compared`() throws {
    let config = try sample.config
    let multimodal = try #require(config.multimodal)
    let ignored = [
      "tiesEmbeddings",  // how the output head is stored
      "beginToken", "endTokens", "paddingToken",  // compared with those at the top
      "vision",  // its fields follow
    ]
    let fields = [config.text as Any, multimodal, multimodal.vision].flatMap { Mirror(reflecting: $0).children }
      .compactMap(\.label).filter { !ignored.contains($0) }
    // All but the decoder's intermediate_size: weights are held to it, and MLPs that zeros widen compute the same.
    #expect(fields.count == 16 + 7 + 10, "\(fields)")
  }

  private func changed(_ file: String, _ path: [String], _ value: JSONValue?) throws -> FileSet {
    path.count == 1
      ? try sample.with(file, path[0], value: value) : try sample.with(file, path[0], path[1], value: value)
  }
}
