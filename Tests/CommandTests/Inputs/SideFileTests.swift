// What lies beside the weights: looked at before the work, the same by every command, and told of.
import Foundation
import Glibc
import SampleModel
import TestSupport
import Testing

@Suite struct SideFileTests {
  private let folder: TemporaryDirectory
  private let model: String

  init() throws {
    folder = try TemporaryDirectory()
    model = try TinyTextModel().write(into: folder, as: "model", tokenizer: try SampleModel().modelDirectory)
  }

  private func put(_ text: String, _ name: String) throws { try folder.write(text, to: "model/" + name) }

  private func link(_ name: String, to target: String) throws {
    try? FileManager.default.removeItem(atPath: model + "/" + name)
    try FileManager.default.createSymbolicLink(atPath: model + "/" + name, withDestinationPath: target)
  }

  private func names(of directory: String) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: directory))
  }

  /// What a command printed with --json.
  private func report(_ result: CommandResult) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  /// Runs the commands that make something of `model`, and of what `quantize` made of it.
  private func runs() throws -> [CommandResult] {
    let awq = folder.path("awq")
    return [
      try skyquant("quantize", model, "--method", "rtn", "--out", awq, "--quiet", "--json", "--force"),
      try skyquant("pack", model, folder.path("plain.skyq"), "--quiet", "--json", "--force"),
      try skyquant("pack", awq, folder.path("awq.skyq"), "--quiet", "--json", "--force"),
      try skyquant("import", awq, folder.path("imported.skyq"), "--quiet", "--json", "--force"),
      try skyquant(
        "export", awq, "--to", "compressed-tensors", "--out", folder.path("ct"), "--quiet", "--force"),
    ]
  }

  @Test func `what cannot go along stays behind with a note, and every output has the same files`() throws {
    try put("# A model", "README.md")
    try put("MIT", "LICENSE")
    let large = try folder.write("", to: "model/demo.mp4")
    #expect(unsafe truncate(large, (64 << 20) + 1) == 0)
    try link("linked.md", to: "README.md")
    try link("nowhere.md", to: "not-there")
    #expect(unsafe mkfifo(model + "/pipe", 0o644) == 0)
    try put("x", "README (1).md")
    try put("x", "模型说明.txt")
    try put("x", "Readme.md")
    try put("x", "notes.txt.bak")
    try put("x", "images/a.png")
    try put("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 7\n", "figure.png")
    for weights in [
      "pytorch_model.bin", "pytorch_model.bin.index.json", "model.onnx", "training_args.bin", ".gitattributes",
    ] {
      try put("x", weights)
    }
    let results = try runs()
    let note =
      "warning: \(model): not carried along: images (directory); pipe (no readable file); README (1).md, 模型说明.txt "
      + "(a name of other characters than A-Z a-z 0-9 . _ -); Readme.md (the name of another file but for upper and lower "
      + "case); demo.mp4 (above 64 MiB); figure.png (not downloaded: a pointer or a page in its place); linked.md, "
      + "nowhere.md (symbolic link); notes.txt.bak (left by an editor or a download)\n"
    for result in results[...1] {
      expectSuccess(result)
      #expect(result.errors == note)
      let leftOut = try #require(try report(result)["left_out"] as? [[String: String]])
      #expect(leftOut.contains(["name": "demo.mp4", "reason": "above 64 MiB"]))
    }
    // What quantize wrote is taken as it is.
    for result in results[2...] {
      expectSuccess(result)
      #expect(result.errors.isEmpty)
    }
    let carried = Set(["README.md", "LICENSE", "config.json", "tokenizer.json", "tokenizer_config.json"])
      .union(["added_tokens.json", "vocab.json", "merges.txt"])
    #expect(
      try names(of: folder.path("awq")) == carried.union([".gitattributes", "skyquant.json", "model.safetensors"]))
    #expect(
      try names(of: folder.path("ct")) == carried.union([".gitattributes", "skyquant.json", "model.safetensors"]))
    for (packed, extra) in [("plain", []), ("awq", ["skyquant.json"]), ("imported", ["skyquant.json"])] {
      let listed = try skyquant("extract", folder.path(packed + ".skyq")).output
      let found = Set(listed.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
      #expect(found == carried.union(extra))
    }
    #expect(try skyquant("diff", model, folder.path("plain.skyq")).exitCode == 0)
  }

  @Test func `a git-lfs pointer that the model does not need stays, and is named`() throws {
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "ab", count: 32))\nsize 9\n"
    try put(pointer, "figure.png")
    let made = try skyquant("quantize", model, "--method", "rtn", "--out", folder.path("awq"), "--quiet")
    #expect(
      made.exitCode == 0
        && made.errors.contains("not carried along: figure.png (not downloaded: a pointer or a page in its place)"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("awq/figure.png")))
  }

  @Test(arguments: [
    ("tokenizer.json", "{ broken", 65, "tokenizer.json: expected a key in quotes"),
    ("tokenizer_config.json", "{} x", 65, "tokenizer_config.json: "),
    ("generation_config.json", "", 65, "generation_config.json: "),
    ("vocab.json", "version https://git-lfs.github.com/spec/v1\nsize 99\n", 65, "vocab.json: is a git-lfs pointer"),
    ("preprocessor_config.json", "<!DOCTYPE html>\n<html>", 65, "preprocessor_config.json: is a web page"),
    ("modeling_x.py", "Entry not found", 65, "modeling_x.py: is a server's answer"),
    ("modeling x.py", "x = 1", 65, "the name 'modeling x.py' does not fit into a .skyq file"),
  ])
  func `a file that the model needs is refused before the work, by its own name`(
    file: (name: String, text: String, code: Int32, words: String)
  ) throws {
    expectSuccess(
      try skyquant("quantize", model, "--method", "rtn", "--out", folder.path("good"), "--quiet"))
    try put(file.text, file.name)
    try folder.write(file.text, to: "good/" + file.name)
    let before = try folder.names()
    let quantized = try skyquant("quantize", model, "--method", "rtn", "--out", folder.path("awq"))
    let packed = try skyquant("pack", model, folder.path("a.skyq"))
    let imported = try skyquant("import", folder.path("good"), folder.path("b.skyq"))
    let exported = try skyquant("export", folder.path("good"), "--to", "compressed-tensors", "--out", folder.path("ct"))
    for result in [quantized, packed, imported, exported] { expectError(file.code, file.words, from: result) }
    #expect(try folder.names() == before)
    // inspect lists the model all the same, and check says what is wrong.
    let shown = try skyquant("inspect", model)
    #expect(shown.exitCode == 0 && shown.output.contains("broken: ") && shown.output.contains(file.name))
    let checked = try skyquant("check", model)
    #expect(checked.exitCode == 65 && checked.output.contains(file.name))
  }

  @Test(arguments: ["tokenizer.json", "chat_template.jinja", "configuration_x.py"])
  func `a link in the place of a file that the model needs is refused`(name: String) throws {
    try folder.write("{}", to: "elsewhere")
    for target in ["../elsewhere", "not-there"] {
      try link(name, to: target)
      for command in [
        ["quantize", model, "--method", "rtn", "--out", folder.path("awq")], ["pack", model, folder.path("a.skyq")],
      ] {
        expectError(66, "model/\(name): is a symbolic link", from: try skyquant(arguments: command))
      }
    }
    #expect(try folder.names() == ["elsewhere", "model"])
  }

  @Test func `code that loaders run goes along, and the summary says so`() throws {
    try put("import torch", "modeling_x.py")
    try put("class C: pass", "configuration_x.py")
    let line =
      "carried along, run by loaders that are told to trust remote code: configuration_x.py, modeling_x.py"
    let awq = folder.path("awq")
    let quantized = try skyquant("quantize", model, "--method", "rtn", "--out", awq)
    let packed = try skyquant("pack", awq, folder.path("a.skyq"))
    for result in [quantized, packed] {
      expectSuccess(result)
      #expect(result.output.contains(line), "\(result.output)")
    }
    let json = try report(try skyquant("import", awq, folder.path("b.skyq"), "--json"))
    #expect(json["remote_code"] as? [String] == ["configuration_x.py", "modeling_x.py"])
    #expect((json["left_out"] as? [Any])?.isEmpty == true)
    #expect(try names(of: awq).isSuperset(of: ["modeling_x.py", "configuration_x.py"]))
  }
}
