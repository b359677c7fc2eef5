// The sample's language model as a GGUF file, read back by a plain reader.
import Basics
import Foundation
import GGUFExport
import JSON
import Kernels
import ModelConfig
import ModelFiles
import Quantization
import Safetensors
import SampleModel
import Storage
import Tensors
import Testing
import TestSupport

@Suite struct GGUFExporterTests {
  private let folder: TemporaryDirectory
  private let quantized: ModelFile

  /// The decoder alone, as the text model `architecture`, its query projections in int4.
  init() throws { (folder, quantized) = try Self.model(architecture: "llama") }

  private static func model(
    architecture: String, scaling: JSONValue = .null
  ) throws -> (TemporaryDirectory, ModelFile) {
    let folder = try TemporaryDirectory()
    let sample = try ModelFile.open(try SampleModel().modelDirectory)
    var config = try #require(sample.config.document["llm_config"]?.objectValue)
    config["model_type"] = .string(architecture)
    config["rope_scaling"] = scaling
    config["quantization_config"] = [
      "quant_method": "awq", "version": "gemm", "bits": 4, "group_size": 64, "zero_point": true,
    ]
    try folder.write(try JSONValue.object(config).serialized(.pretty), to: "text/config.json")
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      let bytes = try sample.files.bytes(of: name)
      try folder.write(try #require(bytes), to: "text/\(name)")
    }
    var parts: [(TensorInfo, [UInt8])] = []
    for tensor in sample.tensors {
      guard tensor.name.hasPrefix("language_model."), case .dense(let view) = try tensor.content else { continue }
      let name = String(tensor.name.dropFirst("language_model.".count))
      if name.hasSuffix("q_proj.weight") {
        parts += try view.roundedToInt4(named: name)
      } else {
        parts.append((TensorInfo(name: name, dtype: view.info.dtype, shape: view.info.shape), view.bytes))
      }
    }
    var writer = try SafetensorsWriter(
      SafetensorsPlan(tensors: parts.map(\.0)),
      to: AtomicFileWriter(path: folder.path("text/model.safetensors"), overwriting: false))
    for (info, bytes) in parts { try writer.write(bytes, of: info.name) }
    try writer.finish().commit()
    return (folder, try ModelFile.open(folder.path("text")))
  }

  private func exported() throws -> (GGUFReader, GGUFExportReport) {
    let path = folder.path("model.gguf")
    let report = try GGUFExporter(quantized).export(to: path, overwriting: true) { _, _ in }
    return (try GGUFReader(path), report)
  }

  @Test func `every tensor has llama cpp's name and shape, vectors are in full precision`() throws {
    let (file, report) = try exported()
    let text = quantized.config.text
    #expect(report.tensorCount == file.tensors.count)
    #expect(file.tensors["token_embd.weight"]?.dimensions == [text.hiddenSize, text.vocabularySize])
    #expect(file.tensors["blk.0.attn_norm.weight"]?.type == 0 && file.tensors["output_norm.weight"]?.type == 0)
    #expect(file.tensors["blk.3.ffn_down.weight"]?.dimensions == [text.intermediateSize, text.hiddenSize])
    #expect(file.tensors["blk.2.attn_q.weight"]?.type == 3 && file.tensors["blk.2.attn_k.weight"]?.type == 30)
    let norm = try #require(quantized.tensors.first { $0.name == "model.layers.1.input_layernorm.weight" })
    guard case .dense(let view) = try norm.content else { return }
    #expect(file.rows("blk.1.attn_norm.weight") == [try view.floats()])
  }

  @Test func `from another layout the file is the same, byte for byte`() throws {
    _ = try GGUFExporter(quantized).export(to: folder.path("awq.gguf"), overwriting: false) { _, _ in }
    for format in [CheckpointFormat.compressedTensors, .gptq] {
      // The file tells the name of the model's directory.
      let directory = folder.path("\(format)/text"), file = folder.path("\(format).gguf")
      try FileManager.default.createDirectory(
        atPath: folder.path("\(format)"), withIntermediateDirectories: false)
      try CheckpointExporter(quantized, as: format).export(to: directory, overwriting: false) { _, _ in }
      _ = try GGUFExporter(ModelFile.open(directory)).export(to: file, overwriting: false) { _, _ in }
      #expect(FileManager.default.contentsEqual(atPath: folder.path("awq.gguf"), andPath: file))
    }
  }

  @Test func `Q4_K keeps the codes, and Q4_1 stays where it loses too much`() throws {
    var options = GGUFOptions()
    options.linears = .q4_K
    let report = try GGUFExporter(quantized, options: options)
      .export(to: folder.path("k.gguf"), overwriting: false) { _, _ in }
    let (plain, _) = try exported(), file = try GGUFReader(folder.path("k.gguf"))
    let names = (0..<4).map { "blk.\($0).attn_q.weight" }
    let chosen = names.filter { file.tensors[$0]?.type == 12 }
    #expect(!chosen.isEmpty && names.allSatisfy { [3, 12].contains(file.tensors[$0]?.type) })
    #expect(file.values["general.file_type"] as? Int == 15)
    let size = quantized.config.text.hiddenSize * quantized.config.text.hiddenSize
    #expect(report.q4KWeightCount == chosen.count * size && report.q41WeightCount == (4 - chosen.count) * size)
    #expect(report.largestAddedError > 0 && report.largestAddedError < 0.02)
    for name in chosen {
      let (rows, exact) = (try #require(file.rows(name)), try #require(plain.rows(name)))
      for (row, exact) in zip(rows, exact) {
        // A step is the smallest difference between values of a group; what Q4_K moves is far below it.
        for group in stride(from: 0, to: exact.count, by: 64) {
          let values = Set(exact[group..<group + 64]).sorted()
          let step = zip(values, values.dropFirst()).map { $1 - $0 }.filter { $0 > 1e-6 }.min() ?? 0
          let largest = zip(row, exact).dropFirst(group).prefix(64).map { abs($0 - $1) }.max() ?? .infinity
          #expect(largest < step / 2, "\(name)")
        }
      }
    }
  }

  @Test func `embeddings and head are in the type that was asked for, and nothing else is`() throws {
    var options = GGUFOptions()
    options.embeddings = .q8_0
    _ = try GGUFExporter(quantized, options: options).export(to: folder.path("e.gguf"), overwriting: false) { _, _ in }
    let (plain, _) = try exported(), file = try GGUFReader(folder.path("e.gguf"))
    for (name, tensor) in plain.tensors {
      let isAsked = ["token_embd.weight", "output.weight"].contains(name)
      #expect(file.tensors[name]?.type == (isAsked ? 8 : tensor.type), "\(name)")
    }
    let (rows, exact) = (try #require(file.rows("token_embd.weight")), try #require(plain.rows("token_embd.weight")))
    for (row, exact) in zip(rows, exact) {
      let largest = exact.map { abs($0) }.max() ?? 0
      #expect(zip(row, exact).allSatisfy { abs($0 - $1) <= largest * 0x1p-7 })
    }
  }

  @Test func `a llama's query rows are interleaved within each head`() throws {
    let (file, report) = try exported()
    let text = quantized.config.text
    let source = try #require(quantized.tensors.first { $0.name == "model.layers.1.self_attn.q_proj.weight" })
    guard case .quantized(let packed) = try source.content else { return }
    let weights = packed.decoded(), scales = try packed.unpacked().scales
    let rows = try #require(file.rows("blk.1.attn_q.weight"))
    // reshape(heads, 2, d/2, in), swap the two inner axes: convert_hf_to_gguf.py's permute.
    var expected: [Int] = []
    for head in 0..<text.headCount {
      for pair in 0..<text.headDim / 2 {
        for side in 0..<2 { expected.append((head * 2 + side) * text.headDim / 2 + pair) }
      }
    }
    let largestScale = scales.map { Float($0) }.max() ?? 0
    for (row, origin) in expected.enumerated() {
      let values = weights.values[origin * weights.rowWidth..<(origin + 1) * weights.rowWidth]
      let largest = zip(rows[row], values).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest <= (report.largestShift + 1e-4) * largestScale, "row \(row)")
    }
    let bias = try #require(quantized.tensors.first { $0.name == "model.layers.1.self_attn.q_proj.bias" })
    guard case .dense(let view) = try bias.content else { return }
    let values = try view.floats()
    #expect(file.rows("blk.1.attn_q.bias") == [expected.map { values[$0] }])
  }

  @Test func `hyperparameters and tokenizer are in the file`() throws {
    let (file, report) = try exported()
    let text = quantized.config.text
    #expect(file.values["general.architecture"] as? String == "llama")
    #expect(file.values["llama.attention.head_count_kv"] as? Int == text.kvHeadCount)
    #expect(file.values["llama.rope.freq_base"] as? Float == Float(text.ropeTheta))
    #expect((file.values["tokenizer.ggml.tokens"] as? [Any])?.count == text.vocabularySize)
    #expect((file.values["tokenizer.ggml.token_type"] as? [Any])?.count == text.vocabularySize)
    #expect(file.values["tokenizer.ggml.pre"] as? String == "qwen2")
    #expect((file.values["tokenizer.chat_template"] as? String)?.contains("<|im_start|>") == true)
    #expect(report.losses == [] && report.q41WeightCount == 4 * text.hiddenSize * text.hiddenSize)
  }

  @Test func `Qwen2's rows stay where they are, and what has no place is told`() throws {
    let (folder, model) = try Self.model(architecture: "qwen2", scaling: ["type": "dynamic", "factor": 2])
    let path = folder.path("model.gguf")
    let report = try GGUFExporter(model).export(to: path, overwriting: false) { _, _ in }
    #expect(report.losses.count == 1 && report.losses[0].contains("dynamic rope scaling"))
    let bias = try #require(model.tensors.first { $0.name == "model.layers.0.self_attn.q_proj.bias" })
    guard case .dense(let view) = try bias.content else { return }
    #expect(try GGUFReader(path).rows("blk.0.attn_q.bias") == [try view.floats()])
  }

  @Test func `yarn scaling has llama cpp's keys, and what llama cpp does not read is refused`() throws {
    let yarn: JSONValue = ["rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 1024]
    let (folder, model) = try Self.model(architecture: "qwen2", scaling: yarn)
    _ = try GGUFExporter(model).export(to: folder.path("a.gguf"), overwriting: false) { _, _ in }
    let values = try GGUFReader(folder.path("a.gguf")).values
    #expect(values["qwen2.rope.scaling.type"] as? String == "yarn")
    #expect(values["qwen2.rope.scaling.factor"] as? Float == 4)
    #expect(values["qwen2.rope.scaling.original_context_length"] as? Int == 1024)
    let factors = JSONValue.array((0..<32).map { .integer($0 + 1) })
    for scaling in [
      ["rope_type": "yarn", "factor": 4, "beta_fast": 8],
      ["rope_type": "longrope", "short_factor": factors, "long_factor": factors],
    ] as [JSONValue] {
      let (other, model) = try Self.model(architecture: "llama", scaling: scaling)
      withExtendedLifetime(other) { _ = #expect(throws: ModelFilesError.self) { try GGUFExporter(model) } }
    }
  }

  @Test func `of several chat templates the default one is in the file, and the others are told`() throws {
    let config = folder.path("text/tokenizer_config.json")
    var document = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: config))) as? [String: Any])
    document["chat_template"] = [
      ["name": "tools", "template": "x"], ["name": "default", "template": "{{ messages }}"],
    ]
    try JSONSerialization.data(withJSONObject: document).write(to: URL(fileURLWithPath: config))
    let path = folder.path("model.gguf")
    let report = try GGUFExporter(try ModelFile.open(quantized.path)).export(to: path, overwriting: false) { _, _ in }
    #expect(try GGUFReader(path).values["tokenizer.chat_template"] as? String == "{{ messages }}")
    #expect(report.losses == ["chat templates of tokenizer_config.json that are not the default one: 'tools'"])
  }

  @Test(arguments: ["model.layers.1.self_attn.q_proj.weight", "model.norm.weight"])
  func `a damaged tensor of a packed model is not exported`(name: String) throws {
    let packed = folder.path("text.skyq")
    _ = try SkyqPacker(quantized, sources: [], version: "test")
      .pack(in: WorkFolder(for: packed, making: .file)) { _, _ in }
    try flipBit(at: try #require(try planes(of: name, in: packed).last).lowerBound, in: packed)
    let path = folder.path("model.gguf")
    let error = #expect(throws: (any Error).self) {
      _ = try GGUFExporter(try ModelFile.open(packed)).export(to: path, overwriting: false) { _, _ in }
    }
    #expect("\(error, default: "")".contains("tensor \"\(name)\""))
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `query rows that are no whole heads are refused, and leave no file`() throws {
    let (folder, _) = try Self.model(architecture: "llama")
    let config = try String(contentsOfFile: folder.path("text/config.json"), encoding: .utf8)
    let heads = config.replacing(/"num_attention_heads": \d+/, with: "\"num_attention_heads\": 1000")
      .replacing(/"num_key_value_heads": \d+/, with: "\"num_key_value_heads\": 1000, \"head_dim\": 2")
    try folder.write(Array(heads.utf8), to: "text/config.json")
    let path = folder.path("model.gguf")
    let error = #expect(throws: ModelFilesError.self) {
      _ = try GGUFExporter(try ModelFile.open(folder.path("text"))).export(to: path, overwriting: false) { _, _ in }
    }
    #expect(error?.category == .malformedInput && error?.description.contains("calls for shape [2000, 256]") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `a zero that half precision cannot hold is refused, and leaves no file`() throws {
    let (folder, _) = try Self.model(architecture: "llama")
    let shard = URL(fileURLWithPath: folder.path("text/model.safetensors"))
    let file = try SafetensorsFile(path: shard.path)
    let scales = try #require(file.header["model.layers.0.self_attn.q_proj.scales"]).byteRange
    var bytes = try Data(contentsOf: shard)
    // The largest half; some zero of the linear is above 1.
    for offset in stride(from: scales.lowerBound, to: scales.upperBound, by: 2) {
      bytes[file.dataOffset + offset] = 0xFF
      bytes[file.dataOffset + offset + 1] = 0x7B
    }
    try bytes.write(to: shard)
    let path = folder.path("model.gguf")
    let error = #expect(throws: ModelFilesError.self) {
      _ = try GGUFExporter(try ModelFile.open(folder.path("text"))).export(to: path, overwriting: false) { _, _ in }
    }
    #expect(error?.description.contains("beyond half precision") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `a model that is not quantized is refused`() throws {
    let (folder, _) = try Self.model(architecture: "llama")
    let config = try String(contentsOfFile: folder.path("text/config.json"), encoding: .utf8)
    try folder.write(
      Array(config.replacing("quantization_config", with: "other_config").utf8), to: "text/config.json")
    let error = #expect(throws: ModelFilesError.self) { _ = try GGUFExporter(try ModelFile.open(folder.path("text"))) }
    #expect(error?.description.contains("is not quantized") == true)
  }
}
