// `skyquant export --to gguf` of models that see.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct GGUFCommandTests {
  private let folder: TemporaryDirectory
  private let awq: String

  init() throws {
    folder = try TemporaryDirectory()
    awq = try roundedSample(at: folder.path("awq"))
  }

  @Test func `a tower that llama cpp would compute otherwise is refused in one line, and can be left out`() throws {
    let refused = try skyquant("export", awq, "--to", "gguf", "--out", folder.path("pair"))
    let reason = "norm_type is rms_norm in 3 layers of width 256; --text-only writes the language model alone"
    expectError(69, reason, from: refused)
    #expect(try folder.names() == ["awq"])
    let alone = try skyquant("export", awq, "--to", "gguf", "--text-only", "--out", folder.path("text.gguf"), "--json")
    expectSuccess(alone)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(alone.output.utf8)) as? [String: Any])
    #expect(report["format"] as? String == "gguf" && report["mmproj"] == nil)
    let files = try #require(report["files"] as? [[String: Any]])
    #expect(files.map { $0["name"] as? String } == ["text.gguf"])
    let size = try FileManager.default.attributesOfItem(atPath: folder.path("text.gguf"))[.size] as? Int
    #expect(files[0]["bytes"] as? Int == size && report["bytes"] as? Int == size)
  }

  @Test func `one file and a directory of two are not taken for each other`() throws {
    let file = try skyquant("export", awq, "--to", "gguf", "--out", folder.path("a.gguf"))
    expectError(69, "becomes two files; name a directory with --out, or give --text-only", from: file)
    let text = try TinyTextModel().write(into: folder, as: "text", tokenizer: try SampleModel().modelDirectory)
    let rounded = folder.path("text-awq")
    expectSuccess(try skyquant("quantize", text, "--method", "rtn", "--group-size", "32", "--out", rounded, "--quiet"))
    let directory = try skyquant("export", rounded, "--to", "gguf", "--out", folder.path("a"))
    expectError(69, "becomes one file; give --out a name that ends in .gguf", from: directory)
    expectSuccess(try skyquant("export", rounded, "--to", "gguf-q4_1", "--out", folder.path("b.gguf"), "--quiet"))
  }

  @Test(arguments: [
    ["--to", "awq", "--mmproj-type", "f16", "--out", "x"], ["--to", "gguf", "--text-only", "--out", "x"],
    ["--to", "gguf", "--text-only", "--mmproj-type", "f32", "--out", "x.gguf"],
    ["--to", "gguf", "--mmproj-position", "first", "--out", "x"],
  ])
  func `options that do not go together are usage errors`(arguments: [String]) throws {
    #expect(try skyquant(arguments: ["export", "model"] + arguments).exitCode == 64)
  }
}
