// A checkpoint that is written in two runs has the bytes of one written at once.
import Foundation
import JSON
import ModelFiles
import Quantization
import SampleModel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ResumeTests {
  private let folder: TemporaryDirectory
  private let scheme: QuantizationScheme
  private let source: ModelFile
  private let outputs: [LayerOutput]
  private let sources: [SourceDigest]

  init() throws {
    folder = try TemporaryDirectory()
    scheme = try #require(QuantizationScheme(groupSize: 32))
    source = try ModelFile.open(try SampleModel().modelDirectory)
    outputs = try plainOutputs(source, scheme) { _ in true }
    sources = source.audited().digests
  }

  private func checkpoint(after layerCount: Int) -> QuantizationCheckpoint {
    QuantizationCheckpoint(
      recipe: "recipe", sources: sources, layerCount: layerCount, notes: ["kept": ["a \"quoted\" name"]],
      tensors: [("original.0", Tensor(shape: [2, 3], values: [1, .nan, -.infinity, 0, -0.0, .leastNonzeroMagnitude]))])
  }

  private func write(_ path: String, layers: Range<Int>, resuming: Bool = false) throws {
    let resumed = resuming ? try QuantizationCheckpoint.read(for: path) : nil
    var writer = try AWQCheckpointWriter(
      source: source, scheme: scheme, path: path, overwriting: false,
      resuming: resumed.map { ($0.checkpoint.layerCount, $0.dataDigest) }
    ) { _ in true }
    for index in layers {
      try writer.write(outputs[index], layer: index)
      if index + 1 < outputs.count { try writer.secure(checkpoint(after: index + 1)) }
    }
    if layers.upperBound == outputs.count { try writer.finish(provenance: ["schema": "test"]) }
  }

  @Test func `every layer is a place to go on from`() throws {
    let whole = folder.path("whole")
    try write(whole, layers: 0..<outputs.count)
    let names = try DirectoryFiles(path: whole).names
    for finished in 1..<outputs.count {
      let path = folder.path("part\(finished)")
      try write(path, layers: 0..<finished)
      #expect(!FileManager.default.fileExists(atPath: path))
      // What a run wrote behind the place is dropped.
      let shard = try #require(
        try FileManager.default.contentsOfDirectory(atPath: path + ".partial").first {
          $0.hasSuffix(".safetensors")
        })
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path + ".partial/" + shard))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("half a tensor".utf8))
      try handle.close()
      // And what a run leaves that is killed while it writes the place.
      try folder.write("half a checkpoint", to: "part\(finished).resume.partial")
      try write(path, layers: finished..<outputs.count, resuming: true)
      #expect(try DirectoryFiles(path: path).names == names)
      for name in names {
        #expect(
          FileManager.default.contentsEqual(atPath: whole + "/" + name, andPath: path + "/" + name), "\(name)")
      }
      #expect(try folder.names().filter { $0.hasPrefix("part\(finished).") } == [])
    }
  }

  @Test func `a checkpoint gives back what was secured, bit by bit`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<2)
    let read = try #require(try QuantizationCheckpoint.read(for: path)).checkpoint
    let written = checkpoint(after: 2)
    #expect(read.recipe == written.recipe && read.sources == written.sources && read.layerCount == 2)
    #expect(read.notes == written.notes && read.tensors.map(\.name) == written.tensors.map(\.name))
    #expect(
      read.tensors[0].tensor.values.map(\.bitPattern) == written.tensors[0].tensor.values.map(\.bitPattern))
  }

  @Test func `a changed byte in what was written is noticed`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<1)
    let shard = URL(fileURLWithPath: path + ".partial/model.safetensors")
    var bytes = try Data(contentsOf: shard)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: shard)
    #expect(throws: StorageError.changedWhileReading(path: "model.safetensors")) {
      try write(path, layers: 1..<outputs.count, resuming: true)
    }
  }

  @Test func `without the directory that was begun nothing is resumed`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<1)
    // As a kill after the swap of names leaves it: another directory has the name.
    try FileManager.default.moveItem(atPath: path + ".partial", toPath: folder.path("begun"))
    #expect(try QuantizationCheckpoint.read(for: path).map(\.dataDigest) == nil)
    try FileManager.default.createDirectory(atPath: path + ".partial", withIntermediateDirectories: false)
    #expect(try QuantizationCheckpoint.read(for: path).map(\.dataDigest) == nil)
  }

  @Test func `weights that are not those of the start are named`() throws {
    var other = sources
    other[1] = try #require(
      SourceDigest(["name": "b", "bytes": 3, "sha256": .string(String(repeating: "a", count: 64))]))
    #expect(throws: ModelFilesError.changedSource(path: source.path, name: sources[1].name)) {
      try source.require(other, found: sources)
    }
    try source.require(sources, found: sources)
  }
}
