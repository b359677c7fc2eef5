// A vision-language model with a random vision tower and the sample's language model, in both layouts.
import Foundation
import JSON
import Kernels
import ModelConfig
import ModelFiles
import Safetensors
import SampleModel
import Storage
import Tensors
import Testing
import TestSupport

/// By default a tower as InternViT-300M is one: LayerNorm, biases of q, k and v, no norms of queries and keys.
struct TinyVisionModel {
  var isNative = false
  /// Keys of config.json, and of its vision_config, in the chat layout's words, that replace others.
  var top: JSONObject = [:], vision: JSONObject = [:]
  /// Values put into the weights of these canonical names.
  var spoiled: [String: Float] = [:]
  /// Whether the tower's weights are a hole in the file, for towers of real sizes, of which only headers are read.
  var isHollow = false

  static let width = 64, inner = 96, layers = 2, hidden = 256

  private static let towerKeys: JSONObject = [
    "model_type": "intern_vit_6b", "hidden_size": .integer(width), "intermediate_size": .integer(inner),
    "num_attention_heads": 2, "num_hidden_layers": .integer(layers), "image_size": 56, "patch_size": 14,
    "hidden_act": "gelu", "layer_norm_eps": .double(1e-5), "norm_type": "layer_norm", "qk_normalization": false,
    "qkv_bias": true,
  ]
  private static let nativeKeys = [
    "qk_normalization": "use_qk_norm", "qkv_bias": "attention_bias", "llm_config": "text_config",
    "select_layer": "vision_feature_layer",
  ]

  private func renamed(_ object: JSONObject) -> JSONObject {
    guard isNative else { return object }
    var result = JSONObject()
    for (key, value) in object.members { result[Self.nativeKeys[key] ?? key] = value }
    return result
  }

  private func config(_ sample: ModelFile) throws -> JSONObject {
    var config = try #require(sample.config.document.objectValue), tower = Self.towerKeys
    for (key, value) in vision.members { tower[key] = value }
    for (key, value) in top.members { config[key] = value }
    config["model_type"] = isNative ? "internvl" : "skywork_chat"
    config["vision_config"] = .object(renamed(tower))
    config["quantization_config"] = [
      "quant_method": "awq", "version": "gemm", "bits": 4, "group_size": 64, "zero_point": true,
    ]
    return renamed(config)
  }

  /// The model `name` of `folder`, and the tower's values by canonical name.
  func write(into folder: TemporaryDirectory, as name: String = "model") throws -> (ModelFile, [String: [Float]]) {
    let sample = try ModelFile.open(try SampleModel().modelDirectory)
    let document = JSONValue.object(try config(sample))
    try folder.write(try document.serialized(.pretty), to: name + "/config.json")
    for file in ["tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"] {
      try folder.write(try #require(try sample.files.bytes(of: file)), to: name + "/" + file)
    }
    let values = randomValues(try ModelConfig(document: document))
    var parts = try languageParts(sample)
    for (name, shape, values) in towerTensors(values, try ModelConfig(document: document)) {
      let bits = values.map { UInt16($0.bitPattern >> 16) }
      parts.append((TensorInfo(name: name, dtype: .bfloat16, shape: shape), littleEndian(bits)))
    }
    let plan = try SafetensorsPlan(tensors: parts.map(\.0))
    let path = try folder.write(plan.headerBytes + parts.flatMap(\.1), to: name + "/model.safetensors")
    try FileHandle(forUpdating: URL(fileURLWithPath: path)).truncate(atOffset: UInt64(plan.fileByteCount))
    return (try ModelFile.open(folder.path(name)), values)
  }

  /// The sample's decoder with query projections in int4.
  private func languageParts(_ sample: ModelFile) throws -> [(TensorInfo, [UInt8])] {
    try sample.tensors.flatMap { tensor -> [(TensorInfo, [UInt8])] in
      guard tensor.name.hasPrefix("language_model."), case .dense(let view) = try tensor.content else { return [] }
      guard tensor.name.hasSuffix("q_proj.weight") else { return [(view.info, view.bytes)] }
      return try view.roundedToInt4(named: tensor.name)
    }
  }

  /// Numbers that BF16 holds, the same for the same names.
  private func randomValues(_ config: ModelConfig) -> [String: [Float]] {
    var generator = SeededGenerator(seed: 300), result: [String: [Float]] = [:]
    for weight in config.requiredWeights where !weight.name.hasPrefix("language_model.") {
      guard !isHollow else {
        result[weight.name] = []
        continue
      }
      var values = (0..<weight.extents.reduce(1) { $0 * $1.size }).map { _ in
        Float(bitPattern: Float.random(in: -2...2, using: &generator).bitPattern & 0xFFFF_0000)
      }
      if let value = spoiled[weight.name] { values[values.count / 2] = value }
      result[weight.name] = values
    }
    return result
  }

  /// Names, shapes and values as the layout has them.
  private func towerTensors(
    _ values: [String: [Float]], _ config: ModelConfig
  ) -> [(String, Shape, [Float])] {
    config.requiredWeights.compactMap { weight in
      guard let own = values[weight.name] else { return nil }
      let sizes = weight.extents.map(\.size), name = weight.name
      guard !isNative else { return (Self.nativeName(name), Shape(sizes), own) }
      guard let part = ["q", "k", "v"].first(where: { name.contains(".attn.\($0)_proj.") }) else {
        return (name, Shape(sizes), own)
      }
      guard part == "q" else { return nil }
      let all = ["q", "k", "v"].map { name.replacing(".q_proj.", with: ".\($0)_proj.") }.flatMap { values[$0] ?? [] }
      return (name.replacing(".q_proj.", with: ".qkv."), Shape([3 * sizes[0]] + sizes.dropFirst()), all)
    }
  }

  /// As huggingface/transformers' convert_internvl_weights_to_hf.py renames.
  private static func nativeName(_ name: String) -> String {
    let pairs = [
      ("vision_model.", "vision_tower."), ("class_embedding", "cls_token"),
      ("position_embedding", "position_embeddings"), ("patch_embedding.", "patch_embeddings.projection."),
      ("encoder.layers.", "encoder.layer."), ("attn.proj.", "attention.projection_layer."), ("attn.", "attention."),
      ("norm1.", "layernorm_before."), ("norm2.", "layernorm_after."), (".ls1", ".lambda_1"), (".ls2", ".lambda_2"),
      ("mlp1.0.", "multi_modal_projector.layer_norm."), ("mlp1.1.", "multi_modal_projector.linear_1."),
      ("mlp1.3.", "multi_modal_projector.linear_2."),
    ]
    return pairs.reduce(name) { $0.replacing($1.0, with: $1.1) }
  }
}
