// Plans, shards and directories.
import JSON
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct WriterTests {
  private let directory: TemporaryDirectory
  private let tensors = [
    TensorInfo(name: "b", dtype: .float16, shape: [3]), TensorInfo(name: "a", dtype: .int32, shape: [2, 2]),
    TensorInfo(name: "none", dtype: .float32, shape: [0]), TensorInfo(name: "c", dtype: .uint8, shape: [5]),
  ]
  init() throws { directory = try TemporaryDirectory() }

  private func bytes(of info: TensorInfo) -> [UInt8] {
    [UInt8](repeating: info.name.utf8.first ?? 0, count: info.byteCount)
  }

  private func writeCheckpoint(shardByteCount: Int) throws -> SafetensorsCheckpoint {
    let path = directory.path("model")
    let plan = try ShardPlan(tensors: tensors, shardByteCount: shardByteCount)
    var writer = try SafetensorsCheckpointWriter(plan, in: StagedDirectory(path: path))
    for info in tensors {
      for byte in bytes(of: info) { try writer.write([byte], of: info.name) }
    }
    var staged = try writer.finish()
    try staged.write(Array("{}".utf8), to: "config.json")
    try staged.commit()
    return try SafetensorsCheckpoint(path: path)
  }

  @Test(arguments: [1, 6, 16, 22, 23, 1000])
  func whatIsWrittenIsReadWhateverTheShards(shardByteCount: Int) throws {
    let checkpoint = try writeCheckpoint(shardByteCount: shardByteCount)
    #expect(Set(checkpoint.tensors) == Set(tensors))
    for info in tensors {
      #expect(
        try checkpoint.view(info.name).withBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } } == bytes(of: info))
    }
    #expect(checkpoint.shards.allSatisfy { $0.header.metadata == ["format": "pt"] })
    #expect(checkpoint.directory?.names.contains("config.json") == true)
  }

  @Test func shardsAreNamedAndIndexedAsTransformersDoes() throws {
    let plan = try ShardPlan(tensors: tensors, shardByteCount: 22)
    #expect(plan.shards.map(\.fileName) == ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
    #expect(plan.shards.map { $0.plan.tensors.map(\.name) } == [["b", "a", "none"], ["c"]])
    let expected = """
      {
        "metadata": {
          "total_size": 27
        },
        "weight_map": {
          "a": "model-00001-of-00002.safetensors",
          "b": "model-00001-of-00002.safetensors",
          "c": "model-00002-of-00002.safetensors",
          "none": "model-00001-of-00002.safetensors"
        }
      }

      """
    #expect(try plan.indexBytes().map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  @Test func oneShardIsCalledModelAndHasNoIndex() throws {
    let plan = try ShardPlan(tensors: tensors)
    #expect(plan.shards.map(\.fileName) == ["model.safetensors"])
    #expect(try plan.indexBytes() == nil)
  }

  @Test func theHeaderIsDeterministicAndTheDataBeginsAtAMultipleOfEight() throws {
    let metadata = ["z": "1", "a": "2", "é": "3", "m": "4"]
    let plan = try SafetensorsPlan(tensors: tensors, metadata: metadata)
    #expect(plan.headerBytes.count % 8 == 0)
    for _ in 0..<10 {
      let again = try SafetensorsPlan(tensors: tensors, metadata: Dictionary(uniqueKeysWithValues: metadata.shuffled()))
      #expect(again.headerBytes == plan.headerBytes)
    }
  }

  @Test func aPlanThatNoReaderWouldAcceptIsRefused() {
    let twice = [TensorInfo(name: "a", dtype: .uint8, shape: [1]), TensorInfo(name: "a", dtype: .uint8, shape: [2])]
    #expect(throws: SafetensorsError.Reason.duplicateName("a", offset: 0)) { try SafetensorsPlan(tensors: twice) }
    #expect(throws: SafetensorsError.Reason.duplicateName("a", offset: 0)) {
      try ShardPlan(tensors: twice, shardByteCount: 1)
    }
    let deep = TensorInfo(name: "a", dtype: .uint8, shape: [1, 1, 1, 1, 1, 1, 1, 1, 1])
    #expect(throws: SafetensorsError.Reason.tensor("a", .tooManyDimensions)) { try SafetensorsPlan(tensors: [deep]) }
    let nameless = TensorInfo(name: "", dtype: .uint8, shape: [1])
    #expect(throws: SafetensorsError.Reason.invalidName("", offset: 1)) { try SafetensorsPlan(tensors: [nameless]) }
    let null = TensorInfo(name: "a\u{0}", dtype: .uint8, shape: [1])
    #expect(throws: SafetensorsError.Reason.json(.unwritableKey("a\u{0}"))) { try SafetensorsPlan(tensors: [null]) }
    let metadata = TensorInfo(name: "__metadata__", dtype: .uint8, shape: [1])
    #expect(throws: SafetensorsError.Reason.self) { try SafetensorsPlan(tensors: [metadata]) }
  }

  @Test func anUnfinishedCheckpointLeavesNothing() throws {
    do {
      let plan = try ShardPlan(tensors: tensors, shardByteCount: 6)
      var writer = try SafetensorsCheckpointWriter(plan, in: StagedDirectory(path: directory.path("model")))
      try writer.write(bytes(of: tensors[0]), of: "b")
    }
    #expect(try directory.names() == [])
  }

  @Test func writingOutOfTurnIsAProgrammingError() async {
    await #expect(processExitsWith: .failure) {
      let directory = try TemporaryDirectory()
      let infos = ["a", "b"].map { TensorInfo(name: $0, dtype: .uint8, shape: [1]) }
      let sink = try AtomicFileWriter(path: directory.path("f"))
      var writer = try SafetensorsWriter(SafetensorsPlan(tensors: infos), to: sink)
      try writer.write([1], of: "b")
    }
  }
}
