// AWQ directories by Formats/awq-checkpoint.md: what is written, and that it reads back as planned.
import Foundation
import JSON
import Kernels
import ModelConfig
import ModelFiles
import Quantization
import Safetensors
import SampleModel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct AWQCheckpointTests {
  private let folder: TemporaryDirectory
  private let scheme: QuantizationScheme

  init() throws {
    folder = try TemporaryDirectory()
    scheme = try #require(QuantizationScheme(groupSize: 32))
  }

  /// Quantizes `source` plainly into `out` and returns what was handed to the writer.
  @discardableResult
  private func write(
    _ source: ModelFile, folded: [String: [Float]] = [:], quantizes: @escaping (String) -> Bool = { _ in true }
  ) throws -> [QuantizedLayer] {
    var outputs = try plainOutputs(source, scheme, quantizes: quantizes)
    for index in outputs.indices { outputs[index].folded = folded }
    var writer = try AWQCheckpointWriter(
      source: source, scheme: scheme, in: WorkFolder(for: folder.path("out"), making: .directory), quantizes: quantizes)
    for (index, output) in outputs.enumerated() { try writer.write(output, at: index) }
    try writer.complete(provenance: ["schema": "test"]).commit()
    return outputs
  }

  private func json(_ name: String) throws -> JSONValue {
    try JSONValue(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path(name)))))
  }

  private func bytes(_ tensor: TensorView) -> [UInt8] {
    tensor.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

  /// Tensors that absorb scales and are written in half precision.
  private func isFolded(_ name: String) -> Bool {
    name.contains(".layers.") && name.hasPrefix("language_model.")
      && ["input_layernorm.weight", "post_attention_layernorm.weight", "v_proj.bias", "up_proj.bias"]
        .contains { name.hasSuffix($0) }
  }

  @Test func `what is read back has the planned codes, and everything else its bytes`() throws {
    let source = try ModelFile.open(try SampleModel().modelDirectory)
    let outputs = try write(source)
    let written = try ModelFile.open(folder.path("out"))
    #expect(written.kind == .awqCheckpoint && written.tensors.count == source.tensors.count)
    let originals = Dictionary(uniqueKeysWithValues: source.tensors.map { ($0.name, $0) })
    let planned = outputs.reduce(into: [:]) { $0.merge($1.linears) { first, _ in first } }
    var quantizedCount = 0
    for tensor in written.tensors {
      switch (try tensor.content, try #require(originals[tensor.name]).content) {
      case (.quantized(let packed), .dense(let original)):
        #expect(original.info.shape == tensor.shape)
        #expect(try packed.unpacked() == planned[String(tensor.name.dropLast(".weight".count))], "\(tensor.name)")
        quantizedCount += 1
      case (.dense(let found), .dense(let original)) where isFolded(tensor.name):
        #expect(found.info.dtype == .float16 && found.info.shape == original.info.shape)
        let halves = try original.floats().map { Float(Float16($0)) }
        #expect(try found.floats() == halves, "\(tensor.name)")
      case (.dense(let found), .dense(let original)):
        #expect(found.info == original.info && bytes(found) == bytes(original), "\(tensor.name)")
      default: Issue.record("\(tensor.name) was quantized before")
      }
    }
    #expect(quantizedCount == 28 && planned.count == 28)
  }

  @Test func `config says how linears are stored where transformers and where lmdeploy look`() throws {
    try write(try ModelFile.open(try SampleModel().modelDirectory))
    let config = try json("out/config.json")
    let quantization = try #require(config["quantization_config"])
    #expect(
      quantization == [
        "quant_method": "awq", "version": "gemm", "bits": 4, "group_size": 32, "zero_point": true,
        "modules_to_not_convert": ["vision_model", "mlp1", "lm_head"],
      ])
    #expect(config["llm_config"]?["quantization_config"] == quantization)
    #expect(config["torch_dtype"] == "float16" && config["llm_config"]?["torch_dtype"] == "float16")
    #expect(config["vision_config"]?["torch_dtype"] == "bfloat16")
    #expect(try json("out/skyquant.json") == ["schema": "test"])
  }

  @Test func `a text model keeps what does not fit and says so by full names`() throws {
    let source = try ModelFile.open(try TinyLlama.write(into: folder))
    let skipped = "language_model.model.layers.1.self_attn.o_proj"
    let outputs = try write(source) { $0 != skipped }
    #expect(outputs.map(\.linears.count) == [6, 5])
    let config = try json("out/config.json")
    #expect(
      config["quantization_config"]?["modules_to_not_convert"] == [
        "lm_head", "model.layers.0.mlp.down_proj", "model.layers.1.mlp.down_proj", "model.layers.1.self_attn.o_proj",
      ])
    #expect(config["unknown_key"] == [1, ["a": nil]] && config["torch_dtype"] == "float16")
    let written = try ModelFile.open(folder.path("out"))
    for (index, output) in outputs.enumerated() {
      for name in DecoderLinear.allCases.map({ $0.moduleName(layer: index) }) {
        let file = String(name.dropFirst("language_model.".count)) + ".weight"
        let stored = try #require(written.tensors.first { $0.name == file })
        if case .quantized(let packed) = try stored.content {
          #expect(try packed.unpacked() == output.linears[name], "\(name)")
        } else {
          #expect(output.linears[name] == nil, "\(name)")
        }
      }
    }
    // vLLM skips by substring.
    let entries = try #require(config["quantization_config"]?["modules_to_not_convert"]?.arrayValue)
    for module in outputs.flatMap(\.linears.keys) {
      #expect(!entries.compactMap(\.stringValue).contains { module.contains($0) }, "\(module)")
    }
  }

  @Test func `what absorbed scales is written as given`() throws {
    let source = try ModelFile.open(try TinyLlama.write(into: folder))
    let values = (0..<32).map { Float($0) / 4 }
    let name = "language_model.model.layers.1.input_layernorm.weight"
    try write(source, folded: [name: values])
    let written = try ModelFile.open(folder.path("out"))
    #expect(try written.weights.tensor(name, shape: [32]).values == values)
    let other = name.replacingOccurrences(of: ".1.", with: ".0.")
    #expect(
      try written.weights.tensor(other, shape: [32]).values
        == source.weights.tensor(other, shape: [32]).values.map { Float(Float16($0)) })
  }

  @Test func `every file that is neither weight nor hidden is carried over byte for byte`() throws {
    let source = try TinyLlama.write(into: folder)
    try folder.write("pickle", to: "tiny/pytorch_model.bin")
    try write(try ModelFile.open(source))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
    #expect(
      names.filter { !$0.contains("safetensors") } == [
        ".gitattributes", "README.md", "config.json", "modeling_tiny.py", "skyquant.json", "tokenizer.json",
      ])
    for name in ["README.md", "modeling_tiny.py", "tokenizer.json"] {
      #expect(
        FileManager.default.contentsEqual(atPath: folder.path("tiny/" + name), andPath: folder.path("out/" + name)))
    }
  }

  @Test func `nothing has the output's name before it is complete`() throws {
    let source = try ModelFile.open(try TinyLlama.write(into: folder))
    let outputs = try plainOutputs(source, scheme) { _ in true }
    do {
      var writer = try AWQCheckpointWriter(
        source: source, scheme: scheme, in: WorkFolder(for: folder.path("out"), making: .directory),
        quantizes: { _ in true })
      try writer.write(outputs[0], at: 0)
      #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test(arguments: ["qzeros", "scales"]) func `a linear without one of its parts is refused by name`(part: String)
    throws
  {
    try write(try ModelFile.open(try TinyLlama.write(into: folder)))
    // Renaming a tensor in the header keeps the file well-formed.
    let name = "model.layers.0.self_attn.q_proj"
    let shard = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).first { $0.hasSuffix(".safetensors") })
    let url = URL(fileURLWithPath: folder.path("out/" + shard))
    var data = try Data(contentsOf: url)
    let range = try #require(data.range(of: Data("\(name).\(part)".utf8)))
    data.replaceSubrange(range, with: Data("\(name).\(String(repeating: "x", count: part.count))".utf8))
    try data.write(to: url)
    #expect(
      throws: ModelFilesError.incompleteLinear(path: folder.path("out"), module: name, missing: "\(name).\(part)")
    ) { try ModelFile.open(folder.path("out")) }
  }
}
