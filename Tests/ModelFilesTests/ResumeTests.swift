// A checkpoint that is written in two runs has the bytes of one written at once, or is not written at all.
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
  private let outputs: [QuantizedLayer]
  private let sources: [SourceDigest]

  init() throws {
    folder = try TemporaryDirectory()
    scheme = try #require(QuantizationScheme(groupSize: 32))
    source = try ModelFile.open(try SampleModel().modelDirectory)
    outputs = try plainOutputs(source, scheme) { _ in true }
    sources = source.audited().digests
  }

  private func point(after layerCount: Int) -> ResumePoint {
    ResumePoint(
      recipe: ["--method": "test"], sources: sources, layerCount: layerCount, notes: ["kept": ["a \"quoted\" name"]],
      tensors: ResumeTensors([("original.0", [2, 3])]) { _ in
        Tensor(shape: [2, 3], values: [1, .nan, -.infinity, 0, -0.0, .leastNonzeroMagnitude])
      })
  }

  /// Reads what a stopped run has left, without going on.
  private func read(_ path: String) throws -> ResumePoint? {
    let folder = try WorkFolder(for: path, making: .directory, overwriting: true, resuming: true)
    return folder.isResumed ? try ResumePoint.read(from: folder)?.point : nil
  }

  private func write(
    _ path: String, layers: Range<Int>, resuming: Bool = false, overwriting: Bool = false
  ) throws {
    let folder = try WorkFolder(for: path, making: .directory, overwriting: overwriting, resuming: resuming)
    let resumed = folder.isResumed ? try ResumePoint.read(from: folder) : nil
    var writer = try AWQCheckpointWriter(
      source: source, scheme: scheme, in: folder,
      resuming: resumed.map { ($0.point.layerCount, $0.shardDigests) }
    ) { _ in true }
    for index in layers {
      try writer.write(outputs[index], at: index)
      if index + 1 < outputs.count { try writer.secure(point(after: index + 1)) }
    }
    if layers.upperBound == outputs.count { try writer.complete(provenance: ["schema": "test"]).commit() }
  }

  private func expectSameFiles(_ whole: String, _ path: String) throws {
    let names = try DirectoryFiles(path: whole).names
    #expect(try DirectoryFiles(path: path).names == names)
    for name in names {
      #expect(FileManager.default.contentsEqual(atPath: whole + "/" + name, andPath: path + "/" + name), "\(name)")
    }
  }

  @Test func `every layer is a place to go on from`() throws {
    let whole = folder.path("whole")
    try write(whole, layers: 0..<outputs.count)
    for finished in 1..<outputs.count {
      let path = folder.path("part\(finished)")
      try write(path, layers: 0..<finished)
      #expect(!FileManager.default.fileExists(atPath: path))
      // What a run wrote behind the place is dropped.
      let shard = URL(fileURLWithPath: path + ".skyquant-work/output/model.safetensors")
      let handle = try FileHandle(forWritingTo: shard)
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("half a tensor".utf8))
      try handle.close()
      // And what a run leaves that is killed while it writes the place, or the small files.
      try folder.write("half a point", to: "part\(finished).skyquant-work/resume.new")
      try folder.write("half a file", to: "part\(finished).skyquant-work/output/tokenizer.json")
      try write(path, layers: finished..<outputs.count, resuming: true)
      try expectSameFiles(whole, path)
      #expect(try folder.names().filter { $0.hasPrefix("part\(finished).") } == [])
    }
  }

  @Test func `a point to go on from gives back what was secured, bit by bit`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<2)
    let read = try #require(try read(path))
    let written = point(after: 2)
    #expect(read.recipe == written.recipe && read.sources == written.sources && read.layerCount == 2)
    #expect(read.notes == written.notes && read.tensors.list.map(\.name) == written.tensors.list.map(\.name))
    #expect(
      try read.tensors[0].values.map(\.bitPattern) == written.tensors[0].values.map(\.bitPattern))
  }

  @Test func `a flipped bit in the state is noticed wherever it is`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<1)
    let state = path + ".skyquant-work/resume"
    let intact = try readFile(state, limit: 1 << 20)
    let before = try readFile(path + ".skyquant-work/output/model.safetensors", limit: 16 << 20)
    for position in stride(from: 0, to: intact.count, by: 7) {
      var changed = intact
      changed[position] ^= 1 << UInt8(position % 8)
      try folder.write(changed, to: "out.skyquant-work/resume")
      #expect {
        _ = try read(path)
      } throws: {
        "\($0)".contains("out.skyquant-work/resume")
      }
    }
    try folder.write(intact, to: "out.skyquant-work/resume")
    #expect(try read(path) != nil)
    #expect(try readFile(path + ".skyquant-work/output/model.safetensors", limit: 16 << 20) == before)
  }

  @Test func `a flipped bit in what was written is noticed, in the header and in the data`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<1)
    let shard = path + ".skyquant-work/output/model.safetensors"
    let intact = try readFile(shard, limit: 16 << 20)
    let header = 8 + intact[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let positions = Array(stride(from: 0, to: header, by: 499)) + stride(from: header, to: intact.count, by: 655_357)
    for position in positions + [header - 1, header, intact.count - 1] {
      var changed = intact
      changed[position] ^= 1 << UInt8(position % 8)
      try folder.write(changed, to: "out.skyquant-work/output/model.safetensors")
      #expect(throws: StorageError.altered(path: shard), "byte \(position)") {
        try write(path, layers: 1..<outputs.count, resuming: true)
      }
      #expect(try readFile(shard, limit: 16 << 20) == changed, "a run that ends has changed nothing")
    }
    try folder.write(Array(intact.dropLast()), to: "out.skyquant-work/output/model.safetensors")
    #expect(throws: StorageError.altered(path: shard)) {
      try write(path, layers: 1..<outputs.count, resuming: true)
    }
    #expect(try folder.names() == ["out.skyquant-work"])
  }

  @Test func `a file that no run has written is neither kept nor published`() throws {
    let path = folder.path("out")
    try write(path, layers: 0..<1)
    let foreign = try folder.write("mine", to: "out.skyquant-work/output/adapter.safetensors")
    #expect(throws: StorageError.foreign(path: foreign)) { try write(path, layers: 1..<outputs.count, resuming: true) }
    #expect(try readFile(foreign, limit: 10) == Array("mine".utf8))
  }

  @Test func `nothing is resumed of a directory that has got its name`() throws {
    let path = folder.path("out")
    let work = path + ".skyquant-work"
    try write(path, layers: 0..<1)
    // As a kill after the swap of names leaves it: the old directory lies in the folder.
    let files = FileManager.default
    try files.moveItem(atPath: work + "/output", toPath: path)
    try folder.write("old", to: "out.skyquant-work/output/model.safetensors")
    #expect(try read(path) == nil)
    // But if nothing has the final name, the folder was only moved to another place.
    try files.removeItem(atPath: work + "/output")
    try files.copyItem(atPath: path, toPath: work + "/output")
    try files.removeItem(atPath: path)
    #expect(try read(path)?.layerCount == 1)
    let whole = folder.path("whole")
    try write(whole, layers: 0..<outputs.count)
    try write(path, layers: 1..<outputs.count, resuming: true)
    try expectSameFiles(whole, path)
  }

  @Test func `the state of another run is no state of this one`() throws {
    try write(folder.path("a"), layers: 0..<1)
    try write(folder.path("b"), layers: 0..<2)
    let state = folder.path("a.skyquant-work/resume")
    try FileManager.default.removeItem(atPath: state)
    try FileManager.default.copyItem(atPath: folder.path("b.skyquant-work/resume"), toPath: state)
    #expect(throws: StorageError.altered(path: state)) { _ = try read(folder.path("a")) }
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

  @Test func `a file whose proof fails is not kept`() throws {
    struct Refused: Error, Equatable {}
    let packer = SkyqPacker(source, sources: sources, version: "test")
    #expect(throws: Refused()) {
      _ = try packer.pack(
        in: WorkFolder(for: folder.path("out.skyq"), making: .file),
        proving: { packed in
          #expect(packed.tensors.count == source.tensors.count)
          #expect(try folder.names() == ["out.skyq.skyquant-work"], "it is proven before it has its name")
          throw Refused()
        }
      ) { _, _ in }
    }
    #expect(try folder.names() == [])
  }
}
