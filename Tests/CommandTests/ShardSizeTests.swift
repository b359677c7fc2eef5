// `--shard-size`: the same tensors in more files.
import Foundation
import JSON
import SampleModel
import TestSupport
import Testing

@Suite struct ShardSizeTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let whole: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    whole = try roundedSample(at: folder.path("whole"))
  }

  private func quantize(_ name: String, _ arguments: String...) throws -> CommandResult {
    try skyquant(
      arguments: ["quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path(name), "--quiet"]
        + arguments)
  }

  private func shards(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".safetensors") }.sorted()
  }

  /// Bytes of data of each tensor in a shard, by its header.
  private func sizes(_ path: String) throws -> [Int] {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(try JSONValue(parsing: Array(bytes[8..<8 + length])).objectValue)
    return header.members.compactMap { _, value in
      guard let ends = value["data_offsets"]?.arrayValue?.compactMap(\.intValue), ends.count == 2 else { return nil }
      return ends[1] - ends[0]
    }
  }

  @Test(arguments: [("300kB", 300_000), ("0.25MiB", 262_144)])
  func `no shard is larger unless it is a single tensor, and no tensor changes`(size: String, bytes: Int) throws {
    expectSuccess(try quantize("cut", "--shard-size", size))
    let cut = folder.path("cut")
    let names = try shards(cut)
    #expect(names.count > 5 && names[0].hasPrefix("model-00001-of-000"))
    let contents = try names.map { try sizes(cut + "/" + $0) }
    #expect(contents.allSatisfy { $0.reduce(0, +) <= bytes || $0.count == 1 })
    #expect(contents.contains { $0.count == 1 && $0[0] > bytes }, "a larger tensor has a shard of its own")
    for (this, next) in zip(contents, contents.dropFirst()) {
      #expect(this.reduce(0, +) + next[0] > bytes, "shards are filled")
    }
    let index = try JSONValue(
      parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: cut + "/model.safetensors.index.json"))))
    #expect(index["metadata"]?["total_size"]?.intValue == contents.joined().reduce(0, +))
    #expect(index["weight_map"]?.objectValue?.keys.count == contents.joined().count)
    let same = try skyquant("diff", whole, cut, "--json")
    let difference = try JSONValue(parsing: Array(same.output.utf8))
    #expect(difference["tensors"] == [], "\(same.output)")
    expectSuccess(try skyquant("check", cut, "--full", "--quiet"))
    let doctor = try JSONValue(parsing: Array(try skyquant("doctor", cut, "--json", "--quiet").output.utf8))
    #expect(doctor["errors"] == 0)
    // It is part of the recipe, so that the recipe gives the same files.
    expectSuccess(try quantize("again", "--recipe", cut + "/skyquant.json"))
    #expect(try haveSameFiles(cut, folder.path("again")))
  }

  @Test func `the default is one shard for a small model, and nothing tells of it`() throws {
    #expect(try shards(whole) == ["model.safetensors"])
    let recipe = try String(contentsOfFile: whole + "/skyquant.json", encoding: .utf8)
    #expect(!recipe.contains("shard_size"))
    expectSuccess(try quantize("same", "--shard-size", "5GB"))
    #expect(
      FileManager.default.contentsEqual(
        atPath: whole + "/model.safetensors", andPath: folder.path("same/model.safetensors")))
    for size in ["0", "-1", "5 GB", "x"] {
      let refused = try quantize("none", "--shard-size=\(size)")
      #expect(refused.exitCode == 64, "\(size): \(refused.errors)")
    }
  }
}
