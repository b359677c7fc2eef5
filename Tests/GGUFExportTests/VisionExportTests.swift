// Vision towers as files for llama.cpp, read back by a plain reader and held to the weights they were made from.
import Basics
import Foundation
import GGUF
@testable import GGUFExport
import JSON
import ModelConfig
import ModelFiles
import Storage
import Tensors
import TestSupport
import Testing

/// How the models of these tests see pictures.
private let pictures = GGUFPictures(
  mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225], minTiles: 1, maxTiles: 6, usesThumbnail: true)

@Suite struct VisionExportTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func exported(
    _ model: ModelFile, _ options: GGUFOptions = GGUFOptions(), to name: String = "out"
  ) throws -> (GGUFReader, GGUFExportReport) {
    let report = try GGUFExporter(model, options: options, pictures: pictures)
      .export(to: folder.path(name), overwriting: false) { _, _ in }
    return (try GGUFReader(folder.path(name + "/mmproj-model.gguf")), report)
  }

  /// llama.cpp's name of each tensor, the canonical name and shape of what it holds, and whether it is a matrix.
  private static let tensors: [(target: String, source: String, shape: [Int], isMatrix: Bool)] = {
    let (width, inner, hidden) = (TinyVisionModel.width, TinyVisionModel.inner, TinyVisionModel.hidden)
    let embeddings = "vision_model.embeddings."
    var list: [(String, String, [Int], Bool)] = [
      ("v.class_embd", embeddings + "class_embedding", [width], false),
      ("v.position_embd.weight", embeddings + "position_embedding", [17, width], false),
      ("v.patch_embd.weight", embeddings + "patch_embedding.weight", [width, 3, 14, 14], false),
      ("v.patch_embd.bias", embeddings + "patch_embedding.bias", [width], false),
      ("mm.model.mlp.0.weight", "mlp1.0.weight", [4 * width], false),
      ("mm.model.mlp.0.bias", "mlp1.0.bias", [4 * width], false),
      ("mm.model.mlp.1.weight", "mlp1.1.weight", [hidden, 4 * width], true),
      ("mm.model.mlp.1.bias", "mlp1.1.bias", [hidden], false),
      ("mm.model.mlp.3.weight", "mlp1.3.weight", [hidden, hidden], true),
      ("mm.model.mlp.3.bias", "mlp1.3.bias", [hidden], false),
    ]
    let linears = [
      ("attn_q", "attn.q_proj", width, width), ("attn_k", "attn.k_proj", width, width),
      ("attn_v", "attn.v_proj", width, width), ("attn_out", "attn.proj", width, width),
      ("ffn_up", "mlp.fc1", inner, width), ("ffn_down", "mlp.fc2", width, inner),
    ]
    for layer in 0..<TinyVisionModel.layers {
      let (target, source) = ("v.blk.\(layer).", "vision_model.encoder.layers.\(layer).")
      for (name, module, rows, columns) in linears {
        list.append((target + name + ".weight", source + module + ".weight", [rows, columns], true))
        list.append((target + name + ".bias", source + module + ".bias", [rows], false))
      }
      for (name, module) in [("ln1", "norm1"), ("ln2", "norm2")] {
        for part in [".weight", ".bias"] { list.append((target + name + part, source + module + part, [width], false)) }
      }
      for name in ["ls1", "ls2"] { list.append((target + name + ".weight", source + name, [width], false)) }
    }
    return list
  }()

  @Test func `every tensor has llama cpp's name, shape and type, and the model's values`() throws {
    let (model, values) = try TinyVisionModel().write(into: folder)
    var options = GGUFOptions()
    options.mmproj = .f32
    options.positions = .huggingFace
    let (file, report) = try exported(model, options)
    #expect(file.tensors.count == Self.tensors.count && Self.tensors.count == 18 * TinyVisionModel.layers + 10)
    for (target, source, shape, _) in Self.tensors {
      let tensor = try #require(file.tensors[target], "\(target)")
      #expect(tensor.dimensions == shape.reversed() && tensor.type == 0, "\(target)")
      #expect(file.rows(target)?.flatMap { $0 } == values[source], "\(target)")
    }
    #expect(report.visionError == 0)
  }

  @Test(arguments: [
    (GGUFOptions.MatrixType.f16, UInt32(1), UInt32(1), Float(0x1p-11)), (.bf16, 30, 0, 0), (.q8_0, 8, 0, 0x1p-7),
  ])
  func `matrices are in the type that was asked for, everything that is added in full precision`(
    type: GGUFOptions.MatrixType, number: UInt32, patches: UInt32, step: Float
  ) throws {
    // F16 cannot hold all of BF16's numbers: this one is between two of its subnormal ones.
    let small: Float = 0x1.4p-24, name = "vision_model.encoder.layers.1.mlp.fc1.weight"
    let (model, values) = try TinyVisionModel(spoiled: [name: small]).write(into: folder)
    var options = GGUFOptions()
    options.mmproj = type
    options.positions = .huggingFace
    let (file, report) = try exported(model, options)
    var (squares, errors) = (0.0, 0.0)
    for (target, source, _, isMatrix) in Self.tensors {
      let isPatches = target == "v.patch_embd.weight"
      #expect(file.tensors[target]?.type == (isMatrix ? number : isPatches ? patches : 0), "\(target)")
      let found = try #require(file.rows(target)).flatMap { $0 }, expected = try #require(values[source])
      guard isMatrix || isPatches && patches == 1 else {
        #expect(found == expected, "\(target)")
        continue
      }
      for (found, expected) in zip(found, expected) {
        squares += Double(expected) * Double(expected)
        errors += (Double(found) - Double(expected)) * (Double(found) - Double(expected))
        // The values lie between −2 and 2.
        #expect(abs(found - expected) <= 2 * step)
        if type == .f16 { #expect(found == Float(Float16(expected))) }
      }
    }
    let error = try #require(report.visionError)
    #expect(abs(error - (errors / squares).squareRoot()) <= 1e-9 && (error > 0) == (type != .bf16))
  }

  @Test func `positions are turned so that the class token's comes last, where llama cpp puts the token`() throws {
    let (model, values) = try TinyVisionModel().write(into: folder)
    let (file, _) = try exported(model)
    #expect(file.values["skyquant.position_embd_layout"] as? String == "cls_last")
    let width = TinyVisionModel.width, tokens = 17
    let table = try #require(values["vision_model.embeddings.position_embedding"])
    let rows = try #require(file.rows("v.position_embd.weight"))
    // llama.cpp's token j is patch j of the model, token j + 1 there; its last one is the class token, token 0 there.
    for token in 0..<tokens {
      let original = token == tokens - 1 ? 0 : token + 1
      #expect(rows[token] == Array(table[original * width..<(original + 1) * width]), "token \(token)")
    }
    var options = GGUFOptions()
    options.positions = .huggingFace
    let (other, _) = try exported(model, options, to: "hf")
    #expect(other.values["skyquant.position_embd_layout"] as? String == "cls_first")
    #expect(other.rows("v.position_embd.weight")?.flatMap { $0 } == table)
  }

  @Test func `the keys are those that llama cpp reads`() throws {
    let (model, _) = try TinyVisionModel().write(into: folder)
    let (file, report) = try exported(model)
    let counts = [
      "image_size": 56, "patch_size": 14, "embedding_length": 64, "feed_forward_length": 96, "block_count": 2,
      "attention.head_count": 2, "projection_dim": 256, "projector.scale_factor": 2, "preproc_min_tiles": 1,
      "preproc_max_tiles": 6,
    ]
    for (key, value) in counts { #expect(file.values["clip.vision." + key] as? Int == value, "\(key)") }
    let texts = [
      "general.architecture": "clip", "general.type": "mmproj", "general.name": "model",
      "clip.projector_type": "internvl",
    ]
    for (key, value) in texts { #expect(file.values[key] as? String == value, "\(key)") }
    for key in ["clip.has_vision_encoder", "clip.use_gelu"] { #expect(file.values[key] as? Bool == true, "\(key)") }
    #expect(file.values["general.file_type"] as? Int == 1)
    #expect(file.values["clip.vision.attention.layer_norm_epsilon"] as? Float == 1e-5)
    #expect(file.values["clip.vision.image_mean"] as? [Float] == pictures.mean)
    #expect(file.values["clip.vision.image_std"] as? [Float] == pictures.deviation)
    #expect(file.values.count == counts.count + texts.count + 2 + 4 + 2, "alignment and the order of positions, too")
    #expect(try folder.names() == ["model", "out"])
    #expect(report.files.map(\.name) == ["model.gguf", "mmproj-model.gguf"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).count == 2)
    for (name, byteCount) in report.files.map({ ($0.name, $0.byteCount) }) {
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("out/" + name))).count == byteCount)
    }
  }

  @Test func `both layouts of checkpoints give the same files, byte for byte`() throws {
    let chat = try TinyVisionModel().write(into: folder, as: "chat/model").0
    let native = try TinyVisionModel(isNative: true).write(into: folder, as: "native/model").0
    #expect(native.config.layout == .native)
    _ = try exported(chat, to: "a")
    _ = try exported(native, to: "b")
    #expect(
      FileManager.default.contentsEqual(
        atPath: folder.path("a/mmproj-model.gguf"), andPath: folder.path("b/mmproj-model.gguf")))
  }

  @Test func `the language model is the same file with and without the tower, and has all its keys`() throws {
    let (model, _) = try TinyVisionModel().write(into: folder)
    _ = try exported(model)
    let report = try GGUFExporter(model).export(to: folder.path("text.gguf"), overwriting: false) { _, _ in }
    #expect(report.visionError == nil && report.losses.contains("vision tower and projector"))
    #expect(
      FileManager.default.contentsEqual(atPath: folder.path("text.gguf"), andPath: folder.path("out/model.gguf")))
    let file = try GGUFReader(folder.path("text.gguf"))
    #expect(file.values["general.type"] as? String == "model")
    #expect(file.values["qwen2.embedding_length"] as? Int == 256 && file.values["qwen2.block_count"] as? Int == 4)
    let types = try #require(file.values["tokenizer.ggml.token_type"] as? [Any]).compactMap { $0 as? Int }
    // <img> and </img> are control tokens, <think> is an added one that is text, the ids at the end are unused.
    #expect(types[453] == 3 && types[454] == 3 && types[462] == 4 && types[511] == 5 && types[0] == 1)
    #expect(file.values["tokenizer.ggml.eos_token_id"] as? Int == 452)
    #expect(file.values["tokenizer.ggml.bos_token_id"] as? Int == 450)
    #expect(file.values["tokenizer.ggml.padding_token_id"] as? Int == 450)
    #expect(file.values["tokenizer.ggml.add_bos_token"] as? Bool == false)
  }

  @Test func `a model without a template gets that of its config, with its system text`() throws {
    let (model, _) = try TinyVisionModel().write(into: folder)
    let path = folder.path("model/tokenizer_config.json")
    let config = try String(contentsOfFile: path, encoding: .utf8)
    try folder.write(config.replacing("\"chat_template\"", with: "\"other\""), to: "model/tokenizer_config.json")
    _ = try exported(try ModelFile.open(model.path))
    let text = try GGUFReader(folder.path("out/model.gguf")).values["tokenizer.chat_template"] as? String
    #expect(text?.contains("looks carefully before it answers.<|im_end|>") == true)
    #expect(text?.contains("<|im_start|>assistant") == true)
  }

  @Test func `an existing directory stays as it is unless it may be replaced`() throws {
    let (model, _) = try TinyVisionModel().write(into: folder)
    try folder.write("mine", to: "out/model.gguf")
    #expect(throws: StorageError.self) { _ = try exported(model) }
    #expect(try String(contentsOfFile: folder.path("out/model.gguf"), encoding: .utf8) == "mine")
    _ = try GGUFExporter(model, pictures: pictures).export(to: folder.path("out"), overwriting: true) { _, _ in }
    #expect(try GGUFReader(folder.path("out/mmproj-model.gguf")).tensors.count == Self.tensors.count)
  }

  @Test(arguments: [
    (Float(0x1.8p16), "beyond F16"), (.nan, "NaN or an infinite value"), (.infinity, "NaN or an infinite"),
  ])
  func `a weight that the type cannot hold is refused, and leaves nothing`(value: Float, words: String) throws {
    let name = "vision_model.encoder.layers.1.mlp.fc2.weight"
    let (model, _) = try TinyVisionModel(spoiled: [name: value]).write(into: folder)
    let error = #expect(throws: GGUFExportError.self) { _ = try exported(model) }
    #expect("\(error, default: "")".contains(words) && "\(error, default: "")".contains(name))
    #expect(error?.category == (value.isFinite ? .unsupported : .malformedInput))
    #expect(try folder.names() == ["model"])
    guard value.isFinite else { return }
    var options = GGUFOptions()
    options.mmproj = .bf16
    _ = try exported(model, options)
  }
}

@Suite struct RealVisionSizesTests {
  private static func model(_ changes: JSONObject) -> TinyVisionModel {
    var vision: JSONObject = [
      "hidden_size": 3200, "num_attention_heads": 25, "num_hidden_layers": 45, "intermediate_size": 64,
      "norm_type": "rms_norm", "qk_normalization": true, "qkv_bias": false,
    ]
    for (key, value) in changes.members { vision[key] = value }
    return TinyVisionModel(vision: vision, isHollow: true)
  }

  @Test func `InternViT-6B has RMSNorms, those of queries and keys too, and no biases of them`() throws {
    let folder = try TemporaryDirectory()
    let (model, _) = try Self.model([:]).write(into: folder)
    _ = try GGUFExporter(model, pictures: pictures)
    let part = try VisionPart(model, try #require(model.config.multimodal), pictures, GGUFOptions())
    let outside = ["v.class_embd", "v.position_embd.weight", "v.patch_embd.weight", "v.patch_embd.bias"]
    let projector = ["0", "1", "3"].flatMap { ["mm.model.mlp.\($0).weight", "mm.model.mlp.\($0).bias"] }
    let weights = [
      "attn_q", "attn_k", "attn_v", "attn_q_norm", "attn_k_norm", "attn_out", "ln1", "ln2", "ls1", "ls2", "ffn_up",
      "ffn_down",
    ]
    let layer = weights.map { $0 + ".weight" } + ["attn_out", "ffn_up", "ffn_down"].map { $0 + ".bias" }
    let names = outside + projector + (0..<45).flatMap { index in layer.map { "v.blk.\(index).\($0)" } }
    #expect(Set(part.plan.tensors.map(\.name)) == Set(names) && part.plan.tensors.count == 45 * 15 + 10)
    let query = part.plan.tensors.first { $0.name == "v.blk.44.attn_q.weight" }
    #expect(query == GGUFTensor(name: "v.blk.44.attn_q.weight", type: .float16, shape: [3200, 3200]))
  }

  @Test func `LayerNorm in a tower of that size would be taken for RMSNorm`() throws {
    let folder = try TemporaryDirectory()
    let (model, _) = try Self.model(["norm_type": "layer_norm", "qk_normalization": false]).write(into: folder)
    let error = #expect(throws: GGUFExportError.self) { try GGUFExporter(model, pictures: pictures) }
    #expect(error == .computedOtherwise(path: model.path, .norm(.layerNorm, width: 3200, layers: 45)))
  }
}

@Suite struct VisionRefusalTests {
  private static let cases: [(top: JSONObject, vision: JSONObject, GGUFPictures, VisionDifference)] = {
    var plain = pictures, single = pictures
    plain.usesThumbnail = false
    single.usesThumbnail = false
    single.maxTiles = 1
    return [
      ([:], ["norm_type": "rms_norm"], pictures, .norm(.rmsNorm, width: 64, layers: 2)),
      ([:], ["qk_normalization": true], pictures, .queryKeyNorm),
      (["ps_version": "v1"], [:], pictures, .pixelShuffle),
      (["select_layer": -2], [:], pictures, .selectLayer(-2)),
      ([:], [:], plain, .noThumbnail(maxTiles: 6)),
      (["pad2square": true], [:], single, .squarePadding),
    ]
  }()

  @Test(arguments: cases.indices)
  func `what llama cpp would compute otherwise is refused by name, and nothing is written`(index: Int) throws {
    let folder = try TemporaryDirectory()
    let (top, vision, pictures, difference) = Self.cases[index]
    let (model, _) = try TinyVisionModel(top: top, vision: vision).write(into: folder)
    let error = #expect(throws: GGUFExportError.self) { try GGUFExporter(model, pictures: pictures) }
    #expect(error == .computedOtherwise(path: model.path, difference))
    #expect(error?.category == .unsupported && error?.description.contains("--text-only") == true)
    #expect(try folder.names() == ["model"])
    _ = try GGUFExporter(model).export(to: folder.path("text.gguf"), overwriting: false) { _, _ in }
  }

  @Test func `a tokenizer that cannot write what stands around pictures is refused`() throws {
    let folder = try TemporaryDirectory()
    let (model, _) = try TinyVisionModel().write(into: folder)
    for file in ["tokenizer.json", "tokenizer_config.json"] {
      let text = try String(contentsOfFile: folder.path("model/" + file), encoding: .utf8)
      try folder.write(text.replacing("</img>", with: "</picture>"), to: "model/" + file)
    }
    let error = #expect(throws: GGUFExportError.self) {
      try GGUFExporter(try ModelFile.open(model.path), pictures: pictures)
    }
    #expect(error == .computedOtherwise(path: model.path, .missingToken("</img>")))
  }

  @Test func `rows that are not whole blocks are refused before anything is written`() throws {
    let folder = try TemporaryDirectory()
    let (model, _) = try TinyVisionModel(vision: ["intermediate_size": 72]).write(into: folder)
    var options = GGUFOptions()
    options.mmproj = .q8_0
    let error = #expect(throws: ModelFilesError.self) {
      try GGUFExporter(model, options: options, pictures: pictures)
    }
    #expect(error?.category == .unsupported && error?.description.contains("v.blk.0.ffn_down.weight") == true)
    _ = try GGUFExporter(model, pictures: pictures)
  }

  @Test func `a weight that is missing is an error, since llama cpp would do without it`() throws {
    let folder = try TemporaryDirectory()
    let (model, _) = try TinyVisionModel(vision: ["qkv_bias": false]).write(into: folder)
    let config = try String(contentsOfFile: folder.path("model/config.json"), encoding: .utf8)
    let claimed = config.replacing(/"qkv_bias": *false/, with: "\"qkv_bias\": true")
    try #require(claimed != config)
    try folder.write(claimed, to: "model/config.json")
    let error = #expect(throws: ModelFilesError.self) {
      try GGUFExporter(try ModelFile.open(model.path), pictures: pictures)
    }
    #expect(error?.category == .malformedInput && error?.description.contains("attn.q_proj.bias' is missing") == true)
  }
}
