// From AWQ into another layout and back, as directories and through a .skyq file: not a byte is another one.
import Basics
import Foundation
import JSON
import Kernels
import ModelConfig
import ModelFiles
import Quantization
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct RoundTripTests {
  private let folder: TemporaryDirectory
  private let awq: ModelFile

  init() throws {
    folder = try TemporaryDirectory()
    let source = try ModelFile.open(try TinyLlama.write(into: folder))
    let scheme = try #require(QuantizationScheme(groupSize: 32))
    var writer = try AWQCheckpointWriter(
      source: source, scheme: scheme, in: WorkFolder(for: folder.path("awq"), making: .directory)
    ) { _ in true }
    for (index, output) in try plainOutputs(source, scheme, quantizes: { _ in true }).enumerated() {
      try writer.write(output, at: index)
    }
    try writer.complete(provenance: ["schema": "test"]).commit()
    awq = try ModelFile.open(folder.path("awq"))
  }

  private func export(_ model: ModelFile, _ format: CheckpointFormat, to name: String) throws -> ModelFile {
    try CheckpointExporter(model, as: format).export(to: folder.path(name), overwriting: false) { _, _ in }
    return try ModelFile.open(folder.path(name))
  }

  private func pack(_ model: ModelFile, to name: String) throws -> ModelFile {
    let packer = SkyqPacker(model, sources: model.audited().digests, version: "test")
    _ = try packer.pack(in: WorkFolder(for: folder.path(name), making: .file)) { packed in
      try model.requireReturn(from: packed) { _, _ in }
    } onTensor: { _, _ in
    }
    return try ModelFile.open(folder.path(name))
  }

  @Test(
    arguments: [
      (CheckpointFormat.compressedTensors, ModelFile.Kind.packedCheckpoint, "pack-quantized g32"),
      (.gptq, .gptqCheckpoint, "gptq_v2 g32"), (.gptqV1, .gptqCheckpoint, "gptq g32"),
    ])
  func `an AWQ checkpoint comes back byte for byte`(format: CheckpointFormat, kind: ModelFile.Kind, encoding: String)
    throws
  {
    let other = try export(awq, format, to: "other")
    #expect(other.kind == kind && other.tensors.count == awq.tensors.count)
    let linears = other.tensors.filter(\.isQuantized)
    #expect(linears.count == 12 && linears.allSatisfy { $0.encodingName == encoding })
    let difference = try ModelDifference(awq, other) { _, _ in }
    #expect(difference.tensors.isEmpty && difference.files == ["config.json"])
    _ = try export(other, .awq, to: "back")
    #expect(try haveSameFiles(folder.path("awq"), folder.path("back")))
    let packed = try pack(other, to: "other.skyq")
    _ = try export(packed, .awq, to: "unpacked")
    #expect(try haveSameFiles(folder.path("awq"), folder.path("unpacked")))
    _ = try export(packed, format, to: "again")
    #expect(try haveSameFiles(folder.path("other"), folder.path("again")))
  }

  @Test func `GPTQ's config says the format, and by regular expressions what stays in 16 bit`() throws {
    for (format, name) in [(CheckpointFormat.gptq, "gptq_v2"), (.gptqV1, "gptq")] {
      let config = try export(awq, format, to: name).config.document["quantization_config"]
      #expect(config?["quant_method"] == "gptq" && config?["checkpoint_format"] == .string(name))
      #expect(config?["bits"] == 4 && config?["group_size"] == 32 && config?["desc_act"] == false)
      #expect(config?["sym"] == false && config?["lm_head"] == false)
      #expect(
        config?["dynamic"]?.objectValue?.keys == [
          "-:.*lm_head", #"-:model\.layers\.0\.mlp\.down_proj$"#, #"-:model\.layers\.1\.mlp\.down_proj$"#,
        ])
    }
  }

  @Test func `a zero of 0 has no place in GPTQ's first format`() throws {
    var linear = try #require(
      awq.tensors.first { $0.isQuantized }.map { try $0.content }.flatMap { content in
        if case .quantized(let packed) = content { try packed.unpacked() } else { nil }
      })
    linear.zeros[3] = 0
    #expect(!WordLayout.gptqV1.zerosFit(linear) && WordLayout.gptqV2.zerosFit(linear))
    // The same in a checkpoint: the first word of zeros of one linear.
    let name = "model.layers.0.self_attn.k_proj.qzeros", shard = folder.path("awq/model.safetensors")
    let file = try SafetensorsFile(path: shard), entry = try #require(file.header[name])
    var bytes = try Data(contentsOf: URL(fileURLWithPath: shard))
    bytes[file.dataOffset + entry.byteRange.lowerBound] &= 0xF0
    try bytes.write(to: URL(fileURLWithPath: shard))
    let changed = try ModelFile.open(folder.path("awq"))
    let error = #expect(throws: ModelFilesError.self) { _ = try export(changed, .gptqV1, to: "v1") }
    #expect(error?.category == .unsupported && error?.description.contains("k_proj.weight' has a zero of 0") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("v1")))
    _ = try export(changed, .gptq, to: "v2")
  }

  private func values(of tensor: StoredTensor) throws -> [Float] {
    switch try tensor.content {
    case .dense(let view): try view.floats()
    case .quantized(let packed): try packed.unpacked().dequantized().values
    }
  }

  /// A widened model holds what the original does in its first 48 features, and zeros in the others.
  @Test(arguments: CheckpointFormat.allCases)
  func `MLPs are widened with zeros, quantized or not`(format: CheckpointFormat) throws {
    let exporter = try CheckpointExporter(awq, as: format, sharedBy: 2)
    #expect(exporter.widening?.features == 48 && exporter.widening?.widened == 256)
    try exporter.export(to: folder.path("wide"), overwriting: false) { _, _ in }
    let wide = try ModelFile.open(folder.path("wide"))
    #expect(wide.config.text.intermediateSize == 256)
    #expect(wide.tensors.map(\.name).sorted() == awq.tensors.map(\.name).sorted())
    for tensor in awq.tensors {
      let widened = try #require(wide.tensors.first { $0.name == tensor.name })
      let (old, new) = (try values(of: tensor), try values(of: widened))
      if tensor.name.contains("gate_proj") || tensor.name.contains("up_proj") {
        #expect(widened.shape == [256, 32] && widened.isQuantized)
        #expect(new == old + [Float](repeating: 0, count: 208 * 32))
      } else if tensor.name.contains("down_proj") {
        #expect(widened.shape == [32, 256] && !widened.isQuantized)
        let zeros = [Float](repeating: 0, count: 208)
        for row in 0..<32 {
          let wanted: [Float] = old[row * 48..<row * 48 + 48] + zeros
          #expect(Array(new[row * 256..<row * 256 + 256]) == wanted)
        }
      } else {
        #expect(widened.shape == tensor.shape && new == old)
      }
    }
    #expect(try CheckpointExporter(wide, as: format, sharedBy: 2).widening == nil)
  }

  @Test func `a model without int4 is not widened, and not said to be shared`() throws {
    let plain = try ModelFile.open(folder.path("tiny"))
    let error = #expect(throws: ModelFilesError.self) { _ = try CheckpointExporter(plain, sharedBy: 3) }
    #expect(error?.category == .unsupported && error?.description.contains("has no quantized linear") == true)
    _ = try CheckpointExporter(plain)
  }

  @Test func `a model whose MLPs are not as wide as its config says is not widened`() throws {
    let config = try String(contentsOfFile: folder.path("awq/config.json"), encoding: .utf8)
    try folder.write(
      config.replacingOccurrences(of: "\"intermediate_size\": 48", with: "\"intermediate_size\": 64"),
      to: "awq/config.json")
    let changed = try ModelFile.open(folder.path("awq"))
    let error = #expect(throws: ModelFilesError.self) {
      try CheckpointExporter(changed, sharedBy: 3).export(to: folder.path("wide"), overwriting: false) { _, _ in }
    }
    #expect(error?.description.contains("but intermediate_size is 64") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("wide")))
  }

  @Test func `from one layout to another it is what AWQ gives there`() throws {
    let formats = [CheckpointFormat.compressedTensors, .gptq, .gptqV1]
    for format in formats { _ = try export(awq, format, to: "direct-\(format)") }
    for (source, target) in zip(formats, formats.dropFirst() + formats.prefix(1)) {
      _ = try export(try ModelFile.open(folder.path("direct-\(source)")), target, to: "\(source)-\(target)")
      #expect(try haveSameFiles(folder.path("direct-\(target)"), folder.path("\(source)-\(target)")))
    }
  }

  @Test func `a quantized head or tower is refused, since loaders keep them in 16 bit`() throws {
    let model = try PackedFixture("auto-round-sym-g32").opened(in: folder, as: "lm_head")
    for format in CheckpointFormat.allCases {
      let error = #expect(throws: ModelFilesError.self) { _ = try export(model, format, to: "refused") }
      #expect(error?.description.contains("'lm_head.weight' is no linear of a decoder layer") == true)
    }
  }
}
