// Models that are compared, and files that are taken out of one.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct InterchangeTests {
  /// The sample plainly rounded, as a directory and packed.
  private func models(_ folder: TemporaryDirectory) throws -> (directory: String, packed: String) {
    let (directory, packed) = (folder.path("awq"), folder.path("model.skyq"))
    let original = try SampleModel().modelDirectory
    #expect(try skyquant("quantize", original, "--method", "rtn", "--out", directory, "--quiet").exitCode == 0)
    #expect(try skyquant("pack", directory, packed, "--quiet").exitCode == 0)
    return (directory, packed)
  }

  @Test func `a packed model equals its directory, and neither the original`() throws {
    let folder = try TemporaryDirectory()
    let (directory, packed) = try models(folder)
    let same = try skyquant("diff", directory, packed, "--quiet")
    #expect(same.exitCode == 0 && same.output.contains(" tensors are the same, 0 tensors and 0 files differ"))
    let original = try skyquant("diff", try SampleModel().modelDirectory, packed, "--quiet")
    #expect(original.exitCode == 1)
    // 28 linears, the norms that may absorb scales, in half precision, and two files.
    #expect(
      original.output.split(separator: "\n").count { $0.contains("layers.0.self_attn.q_proj.weight: largest") } == 1)
    #expect(original.output.contains("file config.json: differs") && original.output.contains("file skyquant.json"))
  }

  @Test func `one changed code is found and counted`() throws {
    let folder = try TemporaryDirectory()
    let (directory, packed) = try models(folder)
    let copy = folder.path("changed")
    try FileManager.default.copyItem(atPath: directory, toPath: copy)
    let shard = URL(fileURLWithPath: copy + "/model.safetensors")
    var bytes = try Data(contentsOf: shard)
    // The file ends with a half of `scales`; codes of some linear lie in the middle.
    let names = try skyquant("inspect", copy, "--tensors", "layers.3.mlp.down_proj", "--json")
    #expect(names.exitCode == 0)
    let header = Int(bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    let json = try #require(
      try JSONSerialization.jsonObject(with: bytes[8..<8 + header]) as? [String: [String: Any]])
    let key = "language_model.model.layers.3.mlp.down_proj.qweight"
    let offsets = try #require(json[key]?["data_offsets"] as? [Int])
    bytes[8 + header + offsets[0] + 5] ^= 0x01
    try bytes.write(to: shard)
    let result = try skyquant("diff", copy, packed, "--quiet")
    #expect(result.exitCode == 1)
    #expect(result.output.contains("layers.3.mlp.down_proj.weight: largest difference"))
    #expect(result.output.contains(", 1 codes differ") && result.output.contains(" 1 tensors and 0 files differ"))
  }

  @Test func `embedded files come out byte for byte`() throws {
    let folder = try TemporaryDirectory()
    let (directory, packed) = try models(folder)
    let config = try String(contentsOfFile: directory + "/config.json", encoding: .utf8)
    #expect(try skyquant("extract", packed, "--file", "config.json").output == config)
    let listed = try skyquant("extract", packed, "--out", folder.path("files"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("files")).sorted()
    #expect(names.contains("tokenizer.json") && names.allSatisfy { listed.output.contains($0) })
    for name in names {
      #expect(FileManager.default.contentsEqual(atPath: directory + "/" + name, andPath: folder.path("files/" + name)))
    }
    let absent = try skyquant("extract", packed, "--file", "absent.json")
    #expect(absent.exitCode == 66 && absent.errors.contains("absent.json") && absent.output.isEmpty)
  }
}
