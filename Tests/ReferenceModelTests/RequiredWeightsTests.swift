// The list of weights that a config calls for is what the forward pass asks for, neither more nor less.
import ModelConfig
import ReferenceModel
import SampleModel
import Safetensors
import Synchronization
import Tensors
import Testing

/// Passes requests on and writes them down.
private final class RecordingWeights: WeightSource {
  struct Request: Equatable {
    let dimensions: [Int]
    let isMatrix: Bool
  }

  private let weights: CheckpointWeights
  private let recorded = Mutex<[String: Request]>([:])

  init(_ weights: CheckpointWeights) { self.weights = weights }

  var requests: [String: Request] { recorded.withLock { $0 } }

  func contains(_ name: String) -> Bool { weights.contains(name) }

  func tensor(_ name: String, shape: Shape) throws -> Tensor {
    recorded.withLock { $0[name] = Request(dimensions: shape.dimensions, isMatrix: false) }
    return try weights.tensor(name, shape: shape)
  }

  func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix {
    recorded.withLock { $0[name] = Request(dimensions: [rows, columns], isMatrix: true) }
    return try weights.matrix(name, rows: rows, columns: columns)
  }
}

@Suite struct RequiredWeightsTests {
  /// Both variants of the tower, and decoders with and without biases, head norms and a head of their own.
  private func checked(_ weights: CheckpointWeights, _ config: ModelConfig) throws {
    let recorder = RecordingWeights(weights)
    let model = try VisionLanguageModel(weights: recorder, config: config)
    for layer in 0..<model.language.layerCount { _ = try model.language.layer(layer) }
    if let side = config.multimodal?.vision.imageSize {
      _ = try model.projectTiles(Tensor(zeros: [1, 3, side, side]))
    }
    let required = config.requiredWeights.filter { !$0.isOptional || weights.contains($0.name) }
    let listed = required.map {
      ($0.name, RecordingWeights.Request(dimensions: $0.extents.map(\.size), isMatrix: $0.isMatrix))
    }
    #expect(Set(listed.map(\.0)).count == listed.count)
    #expect(Dictionary(listed) { first, _ in first } == recorder.requests)
  }

  @Test func `of the sample and of a model with the small tower`() throws {
    for directory in [try SampleModel().modelDirectory, Golden.resources + "/random-vit300m"] {
      let weights = CheckpointWeights(checkpoint: try SafetensorsCheckpoint(path: directory))
      try checked(weights, try readConfig(directory + "/config.json"))
    }
  }

  @Test(arguments: TransformersTests.textModels + ["vision-v1-select-2"])
  func `of models that transformers saved`(name: String) throws {
    let example = try TransformersCase(name, isText: name != "vision-v1-select-2")
    try checked(example.weights, try readConfig(example.directory + "/config.json"))
  }
}
