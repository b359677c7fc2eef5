// Tensors that are taken out of a model, and the proof that a packed checkpoint comes back.
import Foundation
import JSON
import Kernels
import ModelFiles
import Quantization
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct InterchangeTests {
  /// A tiny AWQ checkpoint, and the same one packed.
  private func models(_ folder: TemporaryDirectory) throws -> (checkpoint: ModelFile, packed: ModelFile) {
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
    let packer = SkyqPacker(checkpoint, sources: checkpoint.audited().digests, version: "test")
    _ = try packer.pack(in: WorkFolder(for: folder.path("tiny.skyq"), making: .file)) { _, _ in }
    return (checkpoint, try ModelFile.open(folder.path("tiny.skyq")))
  }

  @Test func `int4 is extracted as (q - z) * s of the AWQ tensors, dense tensors as their bytes`() throws {
    let folder = try TemporaryDirectory()
    let (checkpoint, packed) = try models(folder)
    let names = ["model.layers.1.self_attn.k_proj.weight", "model.norm.weight"]
    try TensorExtractor(packed.tensors.filter { names.contains($0.name) })
      .write(to: folder.path("out.safetensors"), overwriting: false)
    let written = try SafetensorsFile(path: folder.path("out.safetensors"))
    #expect(written.tensors.map(\.name).sorted() == names)
    let norm = try written.tensor(names[1])
    #expect(try norm.floats() == checkpoint.weights.tensor("language_model." + names[1], shape: [32]).values)
    // The oracle reads qweight, qzeros and scales by the layout's definition.
    let shard = try SafetensorsFile(path: folder.path("awq/model.safetensors"))
    let module = String(names[0].dropLast(".weight".count))
    func bytes(_ part: String) throws -> [UInt8] {
      try shard.tensor(module + part).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
    let (codes, zeros, scales) = (try bytes(".qweight"), try bytes(".qzeros"), try bytes(".scales"))
    let nibble = [0, 4, 1, 5, 2, 6, 3, 7]  // where column c of eight lies
    let values = try written.tensor(names[0]).floats()
    #expect(values.count == 16 * 32)
    for (index, value) in values.enumerated() {
      let (row, column) = (index / 32, index % 32)
      let place = nibble[row % 8]
      func code(_ bytes: [UInt8], _ line: Int) -> Int {
        Int(bytes[(line * 2 + row / 8) * 4 + place / 2] >> UInt8(4 * (place % 2))) & 15
      }
      let scale = Float16(bitPattern: UInt16(scales[2 * row]) | UInt16(scales[2 * row + 1]) << 8)
      #expect(value == Float(code(codes, column) - code(zeros, 0)) * Float(scale))
    }
  }

  @Test func `a name given twice is refused and leaves no file`() throws {
    let folder = try TemporaryDirectory()
    let (_, packed) = try models(folder)
    let twice = [packed.tensors[0], packed.tensors[0]]
    #expect(throws: SafetensorsError.self) {
      try TensorExtractor(twice).write(to: folder.path("out.safetensors"), overwriting: false)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("out.safetensors")))
  }

  @Test func `every tensor of a packed checkpoint comes back`() throws {
    let (checkpoint, packed) = try models(try TemporaryDirectory())
    var compared = 0
    try checkpoint.requireReturn(from: packed) { done, _ in compared = done }
    #expect(compared == checkpoint.tensors.count)
  }

  @Test(arguments: ["model.layers.0.self_attn.q_proj.scales", "model.layers.1.mlp.up_proj.qzeros", "model.norm.weight"])
  func `one other bit in the checkpoint is found`(name: String) throws {
    let folder = try TemporaryDirectory()
    let (_, packed) = try models(folder)
    let shard = folder.path("awq/model.safetensors")
    let file = try SafetensorsFile(path: shard)
    let entry = try #require(file.header[name])
    var bytes = try Data(contentsOf: URL(fileURLWithPath: shard))
    bytes[file.dataOffset + entry.byteRange.lowerBound + 1] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: shard))
    let changed = try ModelFile.open(folder.path("awq"))
    let weight = name.replacing(/\.(scales|qzeros)$/, with: ".weight")
    #expect(throws: ModelFilesError.notReproduced(path: folder.path("tiny.skyq"), name: weight)) {
      try changed.requireReturn(from: packed) { _, _ in }
    }
  }
}
