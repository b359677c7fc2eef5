// The transformers-native InternVL layout, as transformers writes it, against transformers' logits
// (Scripts/golden/native_layout.py).
import Foundation
import Kernels
import JSON
import ModelConfig
import ModelFiles
import ReferenceModel
import Safetensors
import Tensors
import Testing

@Suite struct NativeLayoutTests {
  /// f32 against f32, as for all goldens.
  private static let tolerance = 1e-5

  @Test func aCheckpointThatTransformersWroteGivesItsLogits() throws {
    let directory = try #require(Bundle.module.path(forResource: "native", ofType: nil, inDirectory: "Resources"))
    let golden = try SafetensorsFile(path: directory + "/golden.safetensors")
    // The golden lies beside the checkpoint and is no part of it.
    let checkpoint = try SafetensorsCheckpoint(path: directory + "/model.safetensors")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/config.json"))
    let config = try ModelConfig(document: try JSONValue(parsing: [UInt8](bytes)))
    #expect(config.layout == .native)
    let tensors = try checkpoint.tensors.map {
      StoredTensor(name: $0.name, content: .dense(try checkpoint.view($0.name)))
    }
    let model = try VisionLanguageModel(
      weights: try StoredWeights(tensors, layout: .native, path: directory), config: config)
    let pixels = try golden.tensor("pixel_values")
    let ids = try golden.tensor("input_ids").withBytes { span in
      (0..<span.byteCount / 8).map { unsafe Int(span.unsafeLoadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    }
    let imageTokens = try model.projectTiles(Tensor(shape: pixels.info.shape, values: try pixels.floats()))
    let embeddings = try model.embed(ids: ids, imageContextToken: 60, imageTokens: imageTokens)
    var cache = KVCache(layerCount: model.language.layerCount)
    let logits = model.language.logits(try model.language(embeddings, cache: &cache))
    let expected = try golden.tensor("logits").floats()
    #expect(logits.values.count == expected.count)
    let squares = zip(logits.values, expected).map { found, wanted in Double(found - wanted) * Double(found - wanted) }
    let difference = squares.reduce(0, +)
    let norm = expected.map { Double($0) * Double($0) }.reduce(0, +)
    #expect((difference / norm).squareRoot() <= Self.tolerance)
  }

  @Test func filesOfIntermediateVersionsHaveTheSameCanonicalNames() {
    let pairs = [
      ("vision_tower.encoder.layer.1.attention.q_proj.weight", "vision_model.encoder.layers.1.attn.q_proj.weight"),
      ("model.vision_tower.encoder.layer.1.lambda_2", "vision_model.encoder.layers.1.ls2"),
      ("model.multi_modal_projector.linear_2.bias", "mlp1.3.bias"),
      ("model.language_model.layers.0.mlp.up_proj.weight", "language_model.model.layers.0.mlp.up_proj.weight"),
      ("lm_head.weight", "language_model.lm_head.weight"),
    ]
    for (file, canonical) in pairs {
      #expect(WeightNames.canonical(file, layout: .native).map(\.name) == [canonical])
    }
  }

  @Test func aFusedQKVStandsForThreeWeightsAndForeignTensorsForNone() {
    let parts = WeightNames.canonical("vision_model.encoder.layers.4.attn.qkv.bias", layout: .chat)
    #expect(parts.map(\.name) == ["q", "k", "v"].map { "vision_model.encoder.layers.4.attn.\($0)_proj.bias" })
    #expect(parts.map(\.part) == [0, 1, 2] && parts.allSatisfy { $0.partCount == 3 })
    #expect(WeightNames.canonical("sam.neck.weight", layout: .chat).isEmpty)
  }
}
