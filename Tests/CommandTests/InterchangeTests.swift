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
    #expect(same.exitCode == 0 && same.output.contains("tensors that differ: 0, files that differ: 0"))
    let original = try skyquant("diff", try SampleModel().modelDirectory, packed, "--all", "--quiet")
    #expect(original.exitCode == 1)
    // 28 linears, the norms that may absorb scales, in half precision, and two files.
    #expect(
      original.output.split(separator: "\n").count { $0.contains("layers.0.self_attn.q_proj.weight: largest") } == 1)
    #expect(original.output.contains("file config.json: differs") && original.output.contains("file skyquant.json"))
  }

  @Test func `one changed code is found and counted`() throws {
    let folder = try TemporaryDirectory()
    let (directory, packed) = try models(folder)
    let copy = try folder.copy(of: directory, as: "changed")
    let key = "language_model.model.layers.3.mlp.down_proj.qweight"
    let (file, range) = try place(of: key, in: copy)
    let byte = try Data(contentsOf: file)[range.lowerBound + 5]
    try overwrite(key, in: copy, at: 5, with: [byte ^ 0x01])
    let result = try skyquant("diff", copy, packed, "--quiet")
    #expect(result.exitCode == 1)
    #expect(result.output.contains("layers.3.mlp.down_proj.weight: largest difference"))
    #expect(
      result.output.contains(", 1 codes differ")
        && result.output.contains("tensors that differ: 1, files that differ: 0"))
  }

  @Test func `an AWQ directory is imported with a proof, and a plain one refused`() throws {
    let folder = try TemporaryDirectory()
    let (directory, packed) = try models(folder)
    let imported = try skyquant("import", directory, folder.path("imported.skyq"), "--quiet")
    #expect(imported.exitCode == 0 && imported.output.contains("tensors come back from it bit by bit"))
    #expect(FileManager.default.contentsEqual(atPath: packed, andPath: folder.path("imported.skyq")))
    let plain = try skyquant("import", try SampleModel().modelDirectory, folder.path("plain.skyq"), "--quiet")
    #expect(plain.exitCode == 69 && plain.errors.contains("is no quantized checkpoint"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("plain.skyq")))
  }

  @Test func `a directory is checked by headers, in full by values and the digest that names a blob`() throws {
    let folder = try TemporaryDirectory()
    let original = try SampleModel().modelDirectory
    let quick = try skyquant("check", original, "--quiet")
    #expect(quick.exitCode == 0 && quick.output.contains("intact, 3 parts, headers only"))
    let shard = "model-00001-of-00003.safetensors"
    let full = try skyquant("check", original, "--full", "--quiet")
    let line = try #require(full.output.split(separator: "\n").first { $0.hasSuffix("  " + shard) })
    let digest = String(line.prefix(64))
    // The same directory as the Hugging Face cache keeps it, with one shard as a blob.
    let snapshot = folder.path("snapshots/main")
    for name in ["blobs", "snapshots"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(atPath: original, toPath: snapshot)
    let blob = folder.path("blobs/" + digest)
    try FileManager.default.moveItem(atPath: snapshot + "/" + shard, toPath: blob)
    try FileManager.default.createSymbolicLink(
      atPath: snapshot + "/" + shard, withDestinationPath: "../../blobs/" + digest)
    #expect(try skyquant("check", snapshot, "--full", "--quiet").exitCode == 0)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(fileURLWithPath: blob))
    #expect(try skyquant("check", snapshot, "--quiet").exitCode == 0)
    let changed = try skyquant("check", snapshot, "--full", "--quiet")
    #expect(changed.exitCode == 65 && changed.output.contains("blob \(digest) has the SHA-256"))
    bytes.removeLast()
    try bytes.write(to: URL(fileURLWithPath: blob))
    #expect(try skyquant("check", snapshot, "--quiet").exitCode == 65)
  }

  @Test func `tensors are extracted under their names, and an unknown one is refused`() throws {
    let folder = try TemporaryDirectory()
    let (_, packed) = try models(folder)
    let out = folder.path("two.safetensors")
    let names = ["language_model.model.layers.0.mlp.up_proj.weight", "vision_model.embeddings.class_embedding"]
    #expect(try skyquant("extract", packed, "--tensor", names[0], "--tensor", names[1], "--out", out).exitCode == 0)
    let header = String(decoding: try Data(contentsOf: URL(fileURLWithPath: out)).prefix(512), as: UTF8.self)
    #expect(names.allSatisfy(header.contains) && header.contains("F32") && header.contains("BF16"))
    let absent = try skyquant("extract", packed, "--tensor", "absent", "--out", folder.path("none.safetensors"))
    #expect(absent.exitCode == 66 && absent.errors.contains("'absent'"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("none.safetensors")))
    #expect(try skyquant("extract", packed, "--tensor", names[0]).exitCode == 64)
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
