// A quantized model as a compressed-tensors checkpoint: decoded by a plain loop over its tensors, it is the same model.
import Foundation
import JSON
import ModelFiles
import Quantization
import Safetensors
import SampleModel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct CompressedTensorsTests {
  private let folder: TemporaryDirectory
  private let quantized: ModelFile

  init() throws {
    folder = try TemporaryDirectory()
    let source = try ModelFile.open(try SampleModel().modelDirectory)
    let scheme = try #require(QuantizationScheme(groupSize: 64))
    func quantizes(_ module: String) -> Bool { !module.hasSuffix("layers.1.mlp.down_proj") }
    var writer = try AWQCheckpointWriter(
      source: source, scheme: scheme, in: WorkFolder(for: folder.path("awq"), making: .directory), quantizes: quantizes)
    for (index, output) in try plainOutputs(source, scheme, quantizes: quantizes).enumerated() {
      try writer.write(output, at: index)
    }
    try writer.complete(provenance: ["schema": "test"]).commit()
    quantized = try ModelFile.open(folder.path("awq"))
    try CheckpointExporter(quantized, as: .compressedTensors)
      .export(to: folder.path("ct"), overwriting: false) { _, _ in }
  }

  private func bytes(_ checkpoint: SafetensorsCheckpoint, _ name: String) throws -> [UInt8] {
    try checkpoint.view(name).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

  @Test func `every linear decodes to the same weights, every other tensor keeps its bytes`() throws {
    let written = try SafetensorsCheckpoint(path: folder.path("ct"))
    var linears = 0
    for tensor in quantized.tensors {
      switch try tensor.content {
      case .dense(let view):
        let before = view.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
        #expect(try bytes(written, tensor.name) == before)
      case .quantized(let packed):
        linears += 1
        let module = String(tensor.name.dropLast(".weight".count))
        let codes = try bytes(written, module + ".weight_packed"),
          zeros = try bytes(written, module + ".weight_zero_point")
        let scales = try bytes(written, module + ".weight_scale")
        let groups = packed.columns / 64
        var differences = 0
        for (index, value) in packed.decoded().values.enumerated() {
          let (row, column) = (index / packed.columns, index % packed.columns)
          let group = column / 64
          let code = Int(codes[row * packed.columns / 2 + column / 2] >> UInt8(4 * (column % 2))) & 15
          let word = (row / 8 * groups + group) * 4, shift = row % 8
          let zero = Int(zeros[word + shift / 2] >> UInt8(4 * (shift % 2))) & 15
          let place = 2 * (row * groups + group)
          let scale = Float16(bitPattern: UInt16(scales[place]) | UInt16(scales[place + 1]) << 8)
          if Float(code - zero) * Float(scale) != value { differences += 1 }
        }
        #expect(differences == 0, "\(module)")
        let shape = try bytes(written, module + ".weight_shape")
        #expect(shape[0] == UInt8(packed.rows & 255) && shape[9] == UInt8(packed.columns >> 8))
      }
    }
    #expect(linears == 27)
  }

  @Test func `the config names the format where each loader looks, and what it leaves out`() throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: folder.path("ct/config.json")))
    let config = try JSONValue(parsing: [UInt8](text))
    let quantization = try #require(config["quantization_config"])
    #expect(quantization["quant_method"] == "compressed-tensors" && quantization["format"] == "pack-quantized")
    let weights = try #require(quantization["config_groups"]?["group_0"]?["weights"])
    #expect(weights["num_bits"] == 4 && weights["group_size"] == 64 && weights["symmetric"] == false)
    #expect(config["llm_config"]?["quantization_config"] == quantization)
    let ignored = try #require(quantization["ignore"]?.arrayValue?.compactMap { $0.stringValue })
    #expect(ignored.contains("language_model.model.layers.1.mlp.down_proj"))
    #expect(ignored.filter { $0.contains("layers.") }.count == 1)
    for module in ["vision_model.encoder.layers.0.attn.qkv", "mlp1.1", "language_model.lm_head"] {
      let isIgnored = ignored.contains { pattern in
        pattern.hasPrefix("re:") && module.range(of: "^" + pattern.dropFirst(3), options: .regularExpression) != nil
      }
      #expect(isIgnored, "\(module)")
    }
  }

  @Test func `a model that is not quantized is refused`() throws {
    let original = try ModelFile.open(try SampleModel().modelDirectory)
    #expect(throws: ModelFilesError.self) { _ = try CheckpointExporter(original, as: .compressedTensors) }
  }
}
