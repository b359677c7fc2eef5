// Downloads as they end up: parts missing, pointers and pages in the place of files, the hub's cache, names that a wrapper has
// changed.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct DownloadTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private static let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 4982131536\n"
  private static let page = "\n<!DOCTYPE html>\n<html><title>Sign in</title></html>\n"

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func copy() throws -> String { try folder.copy(of: sample.modelDirectory, as: "model") }

  /// Every command that reads a model.
  private func commands(_ model: String) -> [[String]] {
    [
      ["inspect", model], ["check", model], ["diff", model, sample.modelDirectory],
      ["run", model, "--question", "x", "--max-tokens", "1"], ["pack", model, folder.path("a.skyq")],
      ["quantize", model, "--method", "rtn", "--out", folder.path("awq")],
      ["verify", sample.modelDirectory, "--reference", model, "--questions", sample.evaluationQuestions],
    ]
  }

  @Test(arguments: ["model-00002-of-00003.safetensors", "model.safetensors.index.json"])
  func `a pointer or a page in the place of weights is named by every command`(name: String) throws {
    let model = try copy()
    for (text, words) in [
      (Self.pointer, "is a git-lfs pointer, not the file of 4982131536 bytes"), (Self.page, "is a web page"),
    ] {
      try folder.write(text, to: "model/" + name)
      for command in commands(model) {
        expectError(65, "model/\(name): \(words)", from: try skyquant(arguments: command))
      }
      let found = try skyquant("doctor", model)
      #expect(found.exitCode == 1 && found.output.contains(words), "\(found.output)")
    }
    #expect(try folder.names() == ["model"])
  }

  @Test func `a pointer or a page in the place of questions, pictures and packed models is named`() throws {
    let questions = try folder.write(Self.pointer, to: "q.jsonl")
    let model = sample.modelDirectory
    expectError(
      65, "q.jsonl: is a git-lfs pointer",
      from: try skyquant("quantize", model, "--calibration", questions, "--out", folder.path("awq")))
    let picture = try folder.write(Self.page, to: "a.png")
    expectError(
      65, "a.png: is a web page", from: try skyquant("run", model, "--image", picture, "--question", "x"))
    let packed = try folder.write(Self.pointer, to: "m.skyq")
    for command in [["inspect", packed], ["check", packed], ["export", packed, "--out", folder.path("out")]] {
      expectError(65, "m.skyq: is a git-lfs pointer", from: try skyquant(arguments: command))
    }
  }

  @Test func `shards that are missing are counted by every command`() throws {
    let model = try copy()
    for number in [1, 3] {
      try FileManager.default.removeItem(atPath: model + "/model-0000\(number)-of-00003.safetensors")
    }
    let words =
      "2 of 3 shards missing: model-00001-of-00003.safetensors, model-00003-of-00003.safetensors; download them"
    for command in commands(model) { expectError(66, words, from: try skyquant(arguments: command)) }
    try FileManager.default.removeItem(atPath: model + "/model.safetensors.index.json")
    expectError(
      66, "1 shards such as 'model-00002-of-00003.safetensors', but no",
      from: try skyquant("run", model, "--question", "x"))
  }

  @Test func `a repository in the hub's cache stands for its current snapshot`() throws {
    let hub = folder.path("hub"), repository = hub + "/models--Some--Model"
    let files = FileManager.default
    for name in ["refs", "blobs", "snapshots/abc", "snapshots/older"] {
      try files.createDirectory(atPath: repository + "/" + name, withIntermediateDirectories: true)
    }
    try Data("abc\n".utf8).write(to: URL(fileURLWithPath: repository + "/refs/main"))
    for (index, name) in try files.contentsOfDirectory(atPath: sample.modelDirectory).sorted().enumerated() {
      try files.copyItem(atPath: sample.modelDirectory + "/" + name, toPath: repository + "/blobs/\(index)")
      try files.createSymbolicLink(
        atPath: repository + "/snapshots/abc/" + name, withDestinationPath: "../../blobs/\(index)")
    }
    let shown = try skyquant("inspect", repository)
    #expect(shown.exitCode == 0 && shown.output.contains("SkyworkR1VChatModel"), "\(shown.errors)")
    #expect(try skyquant("check", repository + "/").exitCode == 0)
    #expect(try skyquant("diff", repository, sample.modelDirectory).exitCode == 0)
    #expect(try skyquant("doctor", repository, "--headers-only").exitCode == 0)
    // Its name is no path, but says where it is, or how to get it.
    let named = try skyquant(arguments: ["inspect", "Some/Model"], environment: ["HF_HUB_CACHE": hub])
    expectError(66, "the Hugging Face cache has it, give \(repository)/snapshots/abc", from: named)
    let absent = try skyquant(arguments: ["run", "Some/Other", "--question", "x"], environment: ["HF_HUB_CACHE": hub])
    expectError(66, "`hf download Some/Other --local-dir DIR` gets it", from: absent)
    // Without refs there must be no choice.
    try files.removeItem(atPath: repository + "/refs/main")
    expectError(
      66, "several snapshots; give one: snapshots/abc, snapshots/older", from: try skyquant("inspect", repository))
  }

  @Test(arguments: ["_orig_mod.", "module.", "module._orig_mod."])
  func `names that torch's wrappers have changed are read without the prefix`(prefix: String) throws {
    let model = try prefixed(prefix)
    let plain = try TinyTextModel().write(into: folder, as: "plain", tokenizer: sample.modelDirectory)
    #expect(
      try skyquant("run", model, "--prompt", "How", "--max-tokens", "4").output
        == skyquant("run", plain, "--prompt", "How", "--max-tokens", "4").output)
    for (source, output) in [(model, "a"), (plain, "b")] {
      let made = try skyquant("quantize", source, "--method", "rtn", "--out", folder.path(output), "--quiet")
      expectSuccess(made)
      #expect(made.errors.contains("all names begin with '\(prefix)'") == (source == model), "\(made.errors)")
    }
    #expect(try skyquant("diff", folder.path("a"), folder.path("b")).output.contains("tensors that differ: 0"))
  }

  @Test func `weights inside PEFT's wrapper have to be merged first`() throws {
    let model = try prefixed("base_model.model.")
    expectError(
      69, "all names begin with 'base_model.model.', which PEFT puts there: merge the adapter first",
      from: try skyquant("run", model, "--prompt", "x"))
    #expect(try skyquant("inspect", model).exitCode == 0)
    try folder.write("x", to: "adapter/adapter_config.json")
    try FileManager.default.moveItem(
      atPath: model + "/model.safetensors", toPath: folder.path("adapter/adapter_model.safetensors"))
    try FileManager.default.copyItem(atPath: model + "/config.json", toPath: folder.path("adapter/config.json"))
    expectError(
      69, "is a LoRA adapter without its model", from: try skyquant("run", folder.path("adapter"), "--prompt", "x"))
  }

  /// The random model with `prefix` before all names.
  private func prefixed(_ prefix: String) throws -> String {
    let path = try TinyTextModel().write(into: folder, as: "wrapped", tokenizer: sample.modelDirectory)
    let shard = path + "/model.safetensors"
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: shard)))
    let size = (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
    let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + size])) as? [String: Any] ?? [:]
    let renamed = Dictionary(uniqueKeysWithValues: header.map { ($0 == "__metadata__" ? $0 : prefix + $0, $1) })
    let text = Array(try JSONSerialization.data(withJSONObject: renamed))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    try Data(length + text + bytes[(8 + size)...]).write(to: URL(fileURLWithPath: shard))
    return path
  }
}
