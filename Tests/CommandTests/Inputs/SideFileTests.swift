// What lies beside the weights, and what lies there in place of a file.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct SideFileTests {
  private let folder: TemporaryDirectory
  private let model: String

  init() throws {
    folder = try TemporaryDirectory()
    model = try folder.copy(of: try SampleModel().modelDirectory, as: "model")
  }

  private func quantize(_ model: String, to name: String) throws -> CommandResult {
    try skyquant("quantize", model, "--method", "rtn", "--out", folder.path(name), "--quiet")
  }

  @Test(arguments: [
    ("demo.mp4", 65 << 20, "demo.mp4 (65.0 MiB, more than 64.0 MiB)"),
    ("README (1).md", 10, "README (1).md (letters, digits, . _ - only in a .skyq file: rename it)"),
    ("pytorch_model.bin.bak", 10, "pytorch_model.bin.bak (left behind)"),
    ("config.json~", 10, "config.json~ (left behind)"),
  ]) func `a file that cannot go along stays, and is named by every command that would take it`(
    name: String, size: Int, told: String
  ) throws {
    let file = model + "/" + name
    #expect(FileManager.default.createFile(atPath: file, contents: Data()))
    try FileHandle(forUpdating: URL(fileURLWithPath: file)).truncate(atOffset: UInt64(size))
    let made = try quantize(model, to: "awq"), packed = try skyquant("pack", model, folder.path("m.skyq"), "--quiet")
    for result in [made, packed] {
      #expect(
        result.exitCode == 0 && result.errors == "warning: \(model): not carried along: \(told)\n", "\(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("awq/" + name)))
    let imported = try skyquant("import", folder.path("awq"), folder.path("n.skyq"), "--quiet")
    #expect(imported.exitCode == 0 && imported.errors.isEmpty, "what quantize wrote can be packed")
  }

  @Test func `a git-lfs pointer that the model does not need stays, and is named`() throws {
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "ab", count: 32))\nsize 9\n"
    try Data(pointer.utf8).write(to: URL(fileURLWithPath: model + "/figure.png"))
    let made = try quantize(model, to: "awq")
    #expect(
      made.exitCode == 0 && made.errors.contains("not carried along: figure.png (a git-lfs pointer, not the file)"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("awq/figure.png")))
  }

  @Test(arguments: [
    "model-00002-of-00003.safetensors", "model.safetensors.index.json", "tokenizer.json", "config.json",
  ])
  func `a git-lfs pointer and a web page in place of a file are called so by every command`(name: String) throws {
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "ab", count: 32))\nsize 4982131536\n"
    for (content, told) in [(pointer, "is a git-lfs pointer"), ("<!DOCTYPE html><html>404</html>", "is a web page")] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: model + "/" + name))
      for arguments in [
        ["quantize", model, "--method", "rtn", "--out", folder.path("out")], ["pack", model, folder.path("m.skyq")],
        ["run", model, "--question", "2 + 2?", "--max-tokens", "1"],
      ] {
        let result = try skyquant(arguments: arguments)
        #expect(
          result.exitCode == 65 && result.errors.contains("/\(name): \(told)"), "\(arguments[0]): \(result.errors)")
      }
      let doctor = try skyquant("doctor", model, "--headers-only")
      #expect(doctor.exitCode == 1 && doctor.output.contains(told), "\(doctor.output)")
    }
    #expect(try folder.names() == ["model"])
  }

  @Test(arguments: [
    ("base_model.model.", "merge it first"), ("_orig_mod.", "torch.compile"), ("module.", "DistributedDataParallel"),
  ]) func `names that all have a wrapper's prefix are explained`(prefix: String, advice: String) throws {
    let index = model + "/model.safetensors.index.json"
    for name in try FileManager.default.contentsOfDirectory(atPath: model) where name.hasSuffix(".safetensors") {
      try renameTensors(in: model + "/" + name) { prefix + $0 }
    }
    var json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: index))) as? [String: Any])
    let map = try #require(json["weight_map"] as? [String: String])
    json["weight_map"] = Dictionary(uniqueKeysWithValues: map.map { (prefix + $0, $1) })
    try JSONSerialization.data(withJSONObject: json).write(to: URL(fileURLWithPath: index))
    let result = try skyquant("run", model, "--question", "2 + 2?", "--max-tokens", "1")
    #expect(
      result.exitCode == 69 && result.errors.contains("all tensor names begin with '\(prefix)'"), "\(result.errors)")
    #expect(result.errors.contains(advice))
  }

  /// Gives the tensors of a safetensors file other names.
  private func renameTensors(in file: String, _ name: (String) -> String) throws {
    let url = URL(fileURLWithPath: file), bytes = try Data(contentsOf: url)
    let size = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + size]) as? [String: Any])
    let renamed = Dictionary(uniqueKeysWithValues: header.map { ($0 == "__metadata__" ? $0 : name($0), $1) })
    let json = try JSONSerialization.data(withJSONObject: renamed)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    try (Data(length) + json + bytes[(8 + size)...]).write(to: url)
  }

  @Test func `doctor has no false errors on another layout, and finds side files that are no JSON`() throws {
    expectSuccess(try quantize(model, to: "awq"))
    expectSuccess(
      try skyquant("export", folder.path("awq"), "--to", "compressed-tensors", "--out", folder.path("ct"), "--quiet"))
    let sound = try skyquant("doctor", folder.path("ct"))
    #expect(sound.exitCode == 0 && sound.output.contains("note C106 config.json: quant_method is compressed-tensors"))
    #expect(sound.output.contains("errors: 0"))
    for name in ["tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "generation_config.json"] {
      let copy = try folder.copy(of: model, as: "broken-" + name)
      try Data("{broken".utf8).write(to: URL(fileURLWithPath: copy + "/" + name))
      let broken = try skyquant("doctor", copy, "--headers-only")
      #expect(broken.exitCode == 1 && broken.output.contains("error F102 \(name): "), "\(broken.output)")
    }
  }
}
