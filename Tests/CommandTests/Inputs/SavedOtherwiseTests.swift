// Checkpoints that were saved otherwise than most: a tied table under the head's name, frequencies as buffers, two keys for
// one type.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct SavedOtherwiseTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func model(_ change: (inout TinyTextModel) -> Void) throws -> String {
    var model = TinyTextModel()
    change(&model)
    return try model.write(into: folder, as: "model", tokenizer: sample.modelDirectory)
  }

  private func quantize(_ model: String) throws {
    expectSuccess(try skyquant("quantize", model, "--method", "rtn", "--out", folder.path("awq"), "--quiet"))
  }

  /// Names of tensors in a file of a model.
  private func names(_ path: String) throws -> [String] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let size = Int(bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + size]) as? [String: Any]
    return try #require(header).keys.sorted()
  }

  @Test func `a tied table that is stored as lm_head alone is the embedding table, and is written as that`() throws {
    let table = "model.embed_tokens.weight"
    let path = try model {
      $0.settings = ["tie_word_embeddings": true]
      $0.leftOut = [table]
    }
    let answer = try skyquant("run", path, "--prompt", "How many", "--max-tokens", "4")
    expectSuccess(answer)
    try quantize(path)
    let written = try names(folder.path("awq/model.safetensors"))
    #expect(written.contains(table) && !written.contains("lm_head.weight"))
    let listed = try skyquant("inspect", path, "--tensors", "embed_tokens")
    #expect(listed.output.contains(table))
    // The same model with the table under its own name says the same.
    let shard = folder.path("model/model.safetensors")
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: shard)))
    let old = Array(#""lm_head.weight":{"#.utf8), new = Array("\"\(table)\":{".utf8)
    let place = try #require(bytes.firstRange(of: old))
    bytes.replaceSubrange(place, with: new)
    let size = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
    for (index, shift) in [0, 8, 16].enumerated() {
      bytes[index] = UInt8(truncatingIfNeeded: (size + new.count - old.count) >> shift)
    }
    try Data(bytes).write(to: URL(fileURLWithPath: shard))
    #expect(try skyquant("run", path, "--prompt", "How many", "--max-tokens", "4").output == answer.output)
    for (format, output) in [("gguf", "a.gguf"), ("compressed-tensors", "ct")] {
      expectSuccess(try skyquant("export", folder.path("awq"), "--to", format, "--out", folder.path(output)))
    }
    func said(_ model: String) throws -> CommandResult {
      try skyquant("run", folder.path(model), "--prompt", "How", "--max-tokens", "4")
    }
    #expect(try said("ct").exitCode == 0 && said("ct").output == said("awq").output, "the same codes in another layout")
  }

  @Test func `without tied embeddings a missing table stays an error`() throws {
    let path = try model { $0.leftOut = ["model.embed_tokens.weight"] }
    let refused = try skyquant("run", path, "--prompt", "How", "--max-tokens", "1")
    expectError(65, "embed_tokens.weight' is missing, though config.json calls for it", from: refused)
  }

  @Test func `rotary frequencies that were stored as buffers are carried nowhere`() throws {
    let buffers = ["model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"]
    let path = try model { $0.more = buffers.map { ($0, [16]) } }
    try quantize(path)
    #expect(try names(folder.path("awq/model.safetensors")).allSatisfy { !$0.contains("inv_freq") })
    let exported = try skyquant("export", folder.path("awq"), "--to", "gguf-q4_1", "--out", folder.path("a.gguf"))
    expectSuccess(exported)
    for (source, name) in [("awq", "awq.skyq"), ("model", "model.skyq")] {
      expectSuccess(try skyquant("pack", folder.path(source), folder.path(name), "--quiet"))
      let listed = try skyquant("inspect", folder.path(name), "--tensors", "*")
      #expect(listed.exitCode == 0 && !listed.output.contains("inv_freq"))
      #expect(try skyquant("check", folder.path(name)).exitCode == 0)
    }
  }

  @Test(arguments: [["dtype"], ["torch_dtype"], ["dtype", "torch_dtype"]])
  func `the type of the weights is the same under both keys of config json`(keys: [String]) throws {
    var text = TinyTextModel()
    text.settings = Dictionary(uniqueKeysWithValues: keys.map { ($0, "bfloat16") })
    if !keys.contains("torch_dtype") { text.settings["torch_dtype"] = NSNull() }
    try quantize(try text.write(into: folder, as: "model", tokenizer: sample.modelDirectory))
    let written = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("awq/config.json"))))
    let config = try #require(written as? [String: Any])
    for key in keys { #expect(config[key] as? String == "float16") }
    #expect(config["dtype"] == nil || keys.contains("dtype"))
  }
}
