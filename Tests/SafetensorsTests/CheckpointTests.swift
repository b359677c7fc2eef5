// Directories of shards, sound and hostile.
import Basics
import Foundation
import JSON
import Safetensors
import Storage
import Tensors
import Testing
import TestSupport

@Suite struct CheckpointTests {
  private let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  private func writeShard(_ name: String, tensors: [String]) throws {
    let entries = tensors.enumerated().map { entry($1, "U8", "[1]", $0, $0 + 1) }
    try directory.write(
      file(header: "{" + entries.joined(separator: ",") + "}", dataByteCount: tensors.count), to: name)
  }

  private func writeIndex(_ weightMap: [(String, String)]) throws {
    let entries = weightMap.map { "\"\($0)\":\"\($1)\"" }
    try directory.write(
      #"{"metadata":{"total_size":2},"weight_map":{\#(entries.joined(separator: ","))}}"#, to: ShardIndex.fileName)
  }

  private func refusal() throws -> SafetensorsError? {
    do {
      _ = try SafetensorsCheckpoint(path: directory.path)
      return nil
    } catch let error as SafetensorsError {
      return error
    }
  }

  @Test func theShardsOfAnIndexAreOneCheckpoint() throws {
    try writeShard("b.safetensors", tensors: ["x", "y"])
    try writeShard("a.safetensors", tensors: ["z"])
    try writeShard("unlisted.safetensors", tensors: ["z"])
    try writeIndex([("x", "b.safetensors"), ("y", "b.safetensors"), ("z", "a.safetensors")])
    let checkpoint = try SafetensorsCheckpoint(path: directory.path)
    #expect(checkpoint.tensors.map(\.name) == ["z", "x", "y"])
    #expect(checkpoint.contains("x") && !checkpoint.contains("w"))
    #expect(checkpoint.shard(of: "x")?.path == directory.path("b.safetensors"))
    #expect(try checkpoint.view("y").info.byteCount == 1)
    #expect(throws: SafetensorsError(path: directory.path, reason: .checkpoint(.noSuchTensor("w")))) {
      try checkpoint.view("w")
    }
  }

  @Test func aSingleFileIsACheckpointInItsDirectoryAndByItself() throws {
    try writeShard("model.safetensors", tensors: ["x"])
    #expect(try SafetensorsCheckpoint(path: directory.path).tensors.map(\.name) == ["x"])
    #expect(try SafetensorsCheckpoint(path: directory.path("model.safetensors")).tensors.map(\.name) == ["x"])
  }

  @Test(arguments: [
    "/etc/passwd", "../x.safetensors", "a/b.safetensors", "/x.safetensors", "..", ".", "", "a.bin",
    #"a\\b.safetensors"#,
    #"\u0000.safetensors"#,
  ])
  func aShardNameThatIsNotPlainIsRefusedBeforeAnythingIsOpened(name: String) throws {
    try writeIndex([("x", name)])
    guard case .checkpoint(.invalidShardName(_, tensor: "x")) = try refusal()?.reason else {
      Issue.record("accepted, or refused for another reason")
      return
    }
  }

  @Test func `shards that were not downloaded are counted and named, and so is an index`() throws {
    try writeShard("a-00001-of-00003.safetensors", tensors: ["x"])
    let names = (1...3).map { "a-0000\($0)-of-00003.safetensors" }
    let noIndex = try refusal()
    #expect(noIndex?.reason == .checkpoint(.noIndex(first: names[0], count: 1)))
    try writeIndex([("x", names[0]), ("y", names[1]), ("z", names[2])])
    let error = try refusal()
    #expect(error?.reason == .checkpoint(.missingShards(names: Array(names[1...]), count: 2, of: 3)))
    #expect(
      error?.description
        == "\(directory.path): 2 of 3 shards missing: \(names[1]), \(names[2]); download them [E134]")
    #expect(error?.category == .missingInput)
  }

  @Test func `an adapter without its model is named`() throws {
    try writeShard("adapter_model.safetensors", tensors: ["x"])
    #expect(try refusal()?.reason == .checkpoint(.adapter(name: "adapter_model.safetensors")))
  }

  @Test func `any safetensors files of a directory can be listed that is no checkpoint`() throws {
    try writeShard("b.safetensors", tensors: ["x"])
    try writeShard("a.safetensors", tensors: ["x", "y"])
    #expect(try SafetensorsCheckpoint(anyOf: directory.path).tensors.map(\.name) == ["x", "y", "x"])
    // A checkpoint is what its index says, and faults stay faults.
    try writeIndex([("x", "b.safetensors")])
    #expect(try SafetensorsCheckpoint(anyOf: directory.path).shardNames == ["b.safetensors"])
    try writeIndex([("z", "c.safetensors")])
    #expect(throws: SafetensorsError.self) { _ = try SafetensorsCheckpoint(anyOf: directory.path) }
  }

  @Test func `a pointer or a page in a shard's place is named as that`() throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 4982131536\n"
    try writeIndex([("x", "s.safetensors")])
    let path = try directory.write(pointer, to: "s.safetensors")
    let expected = StorageError.placeholder(path: path, .lfsPointer(byteCount: 4_982_131_536))
    #expect(throws: expected) { _ = try SafetensorsCheckpoint(path: directory.path) }
    try directory.write("\n<!DOCTYPE html><html></html>", to: "s.safetensors")
    #expect(throws: StorageError.placeholder(path: path, .webPage)) {
      _ = try SafetensorsCheckpoint(path: directory.path)
    }
    try writeShard("s.safetensors", tensors: ["x"])
    let index = try directory.write(pointer, to: ShardIndex.fileName)
    #expect(throws: StorageError.placeholder(path: index, .lfsPointer(byteCount: 4_982_131_536))) {
      _ = try SafetensorsCheckpoint(path: directory.path)
    }
  }

  @Test func aShardThatIsALinkOrAFIFOIsRefused() throws {
    try writeShard("secret", tensors: ["x"])
    try writeIndex([("x", "s.safetensors")])
    let path = directory.path("s.safetensors")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "secret")
    #expect(throws: StorageError.symbolicLink(path: path)) { _ = try SafetensorsCheckpoint(path: directory.path) }
    try FileManager.default.removeItem(atPath: path)
    #expect(unsafe mkfifo(path, 0o644) == 0)
    #expect(throws: StorageError.wrongKind(path: path, expected: "a regular file")) {
      _ = try SafetensorsCheckpoint(path: directory.path)
    }
  }

  @Test func tensorsMissingFromTheirShardAreCountedAndTheFirstFiveNamed() throws {
    try writeShard("s.safetensors", tensors: ["a"])
    try writeIndex((["a"] + (0..<7).map { "m\($0)" }).map { ($0, "s.safetensors") })
    let error = try refusal()
    #expect(error?.reason == .checkpoint(.missingFromShard(names: ["m0", "m1", "m2", "m3", "m4"], count: 7)))
    #expect(
      error?.description
        == "\(directory.path("s.safetensors")): 7 tensors that the index places here are missing: m0, m1, m2, m3, m4, …"
        + " [E132]")
  }

  @Test func tensorsThatTheIndexDoesNotPlaceInTheirShardAreRefused() throws {
    try writeShard("s.safetensors", tensors: ["a", "b"])
    try writeShard("t.safetensors", tensors: ["b"])
    try writeIndex([("a", "s.safetensors"), ("b", "t.safetensors")])
    #expect(try refusal()?.reason == .checkpoint(.notInIndex(names: ["b"], count: 1)))
  }

  @Test(
    arguments: [
      ("[]", .json(.unexpectedByte(UInt8(ascii: "["), expected: "an object", offset: 0))),
      ("{}", .checkpoint(.noWeightMap)),
      (#"{"weight_map":[]}"#, .checkpoint(.noWeightMap)),
      (#"{"weight_map":{"a":1}}"#, .json(.unexpectedByte(UInt8(ascii: "1"), expected: "a string", offset: 19))),
      (#"{"weight_map":{},"weight_map":{}}"#, .json(.duplicateKey("weight_map", offset: 17))),
      (#"{"weight_map":{"a":"s.safetensors","\u0061":"s.safetensors"}}"#, .duplicateName("a", offset: 35)),
      (#"{"weight_map":{}} x"#, .json(.trailingBytes(offset: 18))),
    ] as [(String, SafetensorsError.Reason)])
  func aMalformedIndexIsRefused(index: String, reason: SafetensorsError.Reason) throws {
    try directory.write(index, to: ShardIndex.fileName)
    #expect(try refusal() == SafetensorsError(path: directory.path(ShardIndex.fileName), reason: reason))
  }

  @Test(arguments: ["pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "model.pkl"])
  func pickleIsRefusedByItsNameWithoutBeingOpened(name: String) throws {
    let path = try directory.write("", to: name)
    #expect(unsafe chmod(path, 0) == 0)
    #expect(try refusal()?.reason == .checkpoint(.pickle(name: name)))
    #expect(try refusal()?.reason.category == .unsupported)
    #expect(throws: SafetensorsError(path: path, reason: .checkpoint(.pickle(name: path)))) {
      _ = try SafetensorsCheckpoint(path: path)
    }
  }

  @Test func pickleBesideSafetensorsIsPassedOver() throws {
    try directory.write("", to: "pytorch_model.bin")
    try writeShard("model.safetensors", tensors: ["x"])
    #expect(try refusal() == nil)
  }

  @Test func aDirectoryWithoutWeightsOrWithTwoKindsIsRefused() throws {
    #expect(try refusal()?.reason == .checkpoint(.noWeights))
    try writeShard("model.safetensors", tensors: ["x"])
    try writeShard("s.safetensors", tensors: ["x"])
    try writeIndex([("x", "s.safetensors")])
    #expect(try refusal()?.reason == .checkpoint(.ambiguousWeights))
  }
}
