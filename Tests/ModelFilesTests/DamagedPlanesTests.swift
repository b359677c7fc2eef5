// The values of a packed tensor can be had only if its planes have the XXH3 that the file states.
import Foundation
import JSON
import Kernels
import ModelFiles
import Quantization
import Skyq
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct DamagedPlanesTests {
  private static let linear = "model.layers.1.self_attn.k_proj.weight"
  private static let norm = "model.norm.weight"
  private let folder: TemporaryDirectory
  private let path: String

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path("tiny.skyq")
    let source = try ModelFile.open(try TinyLlama.write(into: folder))
    let scheme = try #require(QuantizationScheme(groupSize: 32))
    var writer = try AWQCheckpointWriter(
      source: source, scheme: scheme, in: WorkFolder(for: folder.path("awq"), making: .directory)
    ) { _ in true }
    for (index, output) in try plainOutputs(source, scheme, quantizes: { _ in true }).enumerated() {
      try writer.write(output, at: index)
    }
    try writer.complete(provenance: ["schema": "test"]).commit()
    let checkpoint = try ModelFile.open(folder.path("awq"))
    _ = try SkyqPacker(checkpoint, sources: [], version: "test")
      .pack(in: WorkFolder(for: path, making: .file)) { _, _ in }
  }

  private func tensor(_ name: String, of model: ModelFile) throws -> StoredTensor {
    try #require(model.tensors.first { $0.name == name })
  }

  private func expectDamage(at offset: Int, of name: String, _ body: () throws -> Void) {
    let error = #expect(throws: SkyqError.self, "\(name)") { try body() }
    #expect(error?.code == .planeChecksum && error?.part == .tensor(name) && error?.offset == offset)
  }

  @Test(arguments: [0, 1, 2]) func `no plane of a linear is used damaged, wherever the bit lies`(plane: Int) throws {
    let ranges = try planes(of: Self.linear, in: path)
    #expect(ranges.count == 3)
    let range = ranges[plane]
    for offset in [range.lowerBound, range.upperBound - 1] {
      try flipBit(at: offset, in: path)
      let model = try ModelFile.open(path)
      let damaged = try tensor(Self.linear, of: model)
      #expect(damaged.shape == [16, 32] && damaged.encodingName == "awq_u4 g32")
      expectDamage(at: range.lowerBound, of: Self.linear) { _ = try damaged.content }
      expectDamage(at: range.lowerBound, of: Self.linear) {
        _ = try model.weights.matrix("language_model." + Self.linear, rows: 16, columns: 32)
      }
      // What is beside it is as good as before.
      #expect(try model.weights.tensor("language_model." + Self.norm, shape: [32]).values.count == 32)
      try flipBit(at: offset, in: path)
    }
  }

  @Test func `a damaged dense tensor is not used`() throws {
    let range = try planes(of: Self.norm, in: path)[0]
    try flipBit(at: range.lowerBound + 5, in: path)
    let model = try ModelFile.open(path)
    expectDamage(at: range.lowerBound, of: Self.norm) {
      _ = try model.weights.tensor("language_model." + Self.norm, shape: [32])
    }
  }

  @Test func `planes are read once, and what was found stays`() throws {
    let offset = try planes(of: Self.linear, in: path)[0].lowerBound
    let intact = try tensor(Self.linear, of: try ModelFile.open(path))
    _ = try intact.content
    try flipBit(at: offset, in: path)
    _ = try intact.content  // a second look would see the bit: the mapping is shared
    let damaged = try tensor(Self.linear, of: try ModelFile.open(path))
    expectDamage(at: offset, of: Self.linear) { _ = try damaged.content }
    try flipBit(at: offset, in: path)
    expectDamage(at: offset, of: Self.linear) { _ = try damaged.content }
  }

  @Test func `threads that ask at once get the same verdict`() throws {
    try flipBit(at: try planes(of: Self.norm, in: path)[0].lowerBound, in: path)
    let model = try ModelFile.open(path)
    for (name, isIntact) in [(Self.linear, true), (Self.norm, false)] {
      let asked = try tensor(name, of: model)
      let verdicts = Parallel.map(64) { _ in (try? asked.content) != nil }
      #expect(verdicts == [Bool](repeating: isIntact, count: 64))
    }
  }

  @Test func `nothing is made of a damaged file`() throws {
    let offset = try planes(of: Self.linear, in: path)[1].lowerBound
    try flipBit(at: offset, in: path)
    let before = try folder.names()
    let model = try ModelFile.open(path)
    for format in CheckpointFormat.allCases {
      expectDamage(at: offset, of: Self.linear) {
        try CheckpointExporter(model, as: format).export(to: folder.path("out"), overwriting: false) { _, _ in }
      }
    }
    expectDamage(at: offset, of: Self.linear) {
      try TensorExtractor(model.tensors).write(to: folder.path("out.safetensors"), overwriting: false)
    }
    expectDamage(at: offset, of: Self.linear) {
      _ = try SkyqPacker(model, sources: [], version: "test")
        .pack(in: WorkFolder(for: folder.path("again.skyq"), making: .file)) { _, _ in }
    }
    expectDamage(at: offset, of: Self.linear) {
      _ = try ModelDifference(model, try ModelFile.open(folder.path("awq"))) { _, _ in }
    }
    expectDamage(at: offset, of: Self.linear) {
      try ModelFile.open(folder.path("awq")).requireReturn(from: model) { _, _ in }
    }
    let made = try folder.names().filter { !before.contains($0) && !$0.hasPrefix("again.skyq.") }
    #expect(made.isEmpty, "\(made)")
  }
}
