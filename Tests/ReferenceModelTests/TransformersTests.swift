// Models and settings that the goldens do not cover, against transformers on tiny random weights
// (Scripts/golden/reference_model.py).
import Foundation
import Kernels
import ReferenceModel
import Safetensors
import Tensors
import Testing

/// A tiny model that transformers saved and ran.
struct TransformersCase {
  let weights: CheckpointWeights
  let golden: SafetensorsCheckpoint
  let directory: String

  /// - Parameter isText: whether names lack the `language_model.` prefix.
  init(_ name: String, isText: Bool) throws {
    directory = Bundle.module.bundlePath + "/Resources/oracle/\(name)"
    golden = try SafetensorsCheckpoint(path: directory + "/golden.safetensors")
    weights = CheckpointWeights(
      checkpoint: try SafetensorsCheckpoint(path: directory + "/model.safetensors"),
      prefix: isText ? ("language_model.", "") : ("", ""))
  }

  func model() throws -> VisionLanguageModel {
    try VisionLanguageModel(weights: weights, config: readConfig(directory + "/config.json"))
  }
}

@Suite struct TransformersTests {
  static let textModels = [
    "qwen3", "llama3-tied", "llama-biases-linear", "qwen2-dynamic", "qwen3-yarn", "llama-longrope",
  ]

  @Test(arguments: textModels)
  func `hidden states of a sequence read at once equal transformers'`(name: String) throws {
    let example = try TransformersCase(name, isText: true)
    let model = try example.model().language
    var trace: [String: [Float]] = [:]
    var cache = KVCache(layerCount: model.layerCount)
    let hidden = try model(model.embed(example.golden.ids("input_ids")), cache: &cache) { trace[$0] = $1.values }
    trace["logits"] = model.logits(hidden).values
    for name in ["language.embeddings", "language.layer.0", "language.final_norm", "logits"] {
      let distance = relativeDistance(try #require(trace[name]), try example.golden.floats(name).values)
      #expect(distance <= goldenTolerance, "\(name): \(distance)")
    }
  }

  @Test(arguments: textModels)
  func `logits of a sequence read token by token equal transformers'`(name: String) throws {
    let example = try TransformersCase(name, isText: true)
    let model = try example.model().language
    let embeddings = try model.embed(example.golden.ids("input_ids"))
    var cache = KVCache(layerCount: model.layerCount)
    var logits = model.logits(try model(embeddings.rows(0..<30), cache: &cache)).values
    for position in 30..<48 {
      logits += model.logits(try model(embeddings.rows(position..<position + 1), cache: &cache)).values
    }
    let distance = relativeDistance(logits, try example.golden.floats("stepwise.logits").values)
    #expect(distance <= goldenTolerance, "\(distance)")
  }

  @Test(arguments: ["qwen2-dynamic", "llama-longrope"])
  func `beyond the trained length some scalings tell reading at once from reading by steps`(name: String) throws {
    let golden = try TransformersCase(name, isText: true).golden
    let distance = relativeDistance(
      try golden.floats("stepwise.logits").values, try golden.floats("logits").values)
    #expect(distance > 100 * goldenTolerance)
  }

  @Test func `the layer before the last, shuffled in v1 order, projects as in InternVL`() throws {
    let example = try TransformersCase("vision-v1-select-2", isText: false)
    var trace: [String: [Float]] = [:]
    let pixels = try example.golden.floats("pixel_values")
    _ = try example.model().projectTiles(pixels) { trace[$0, default: []] += $1.values }
    let names = ["projector", "vision.embeddings", "vision.layer.0", "vision.layer.1"]
    #expect(trace.keys.sorted() == names)
    for name in names {
      let distance = relativeDistance(try #require(trace[name]), try example.golden.floats(name).values)
      #expect(distance <= goldenTolerance, "\(name): \(distance)")
    }
  }
}
