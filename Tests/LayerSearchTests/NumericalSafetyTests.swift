// Weights and activations that break the numbers others are computed with: noticed, named, and never written on.
import Calibration
import Kernels
import LayerSearch
import ModelConfig
import ModelFiles
import Quantization
import ReferenceModel
import SampleModel
import Tensors
import Testing

@Suite(.serialized) struct NumericalSafetyTests {
  private let file: ModelFile
  private let scheme: QuantizationScheme

  init() throws {
    file = try ModelFile.open(try SampleModel().modelDirectory)
    scheme = try #require(QuantizationScheme(groupSize: 64))
  }

  /// Quantizes the sample's decoder with the weights `name` replaced by `change` of them.
  private func quantized(
    _ method: QuantizationMethod, changing name: String = "",
    _ change: @escaping @Sendable ([Float]) -> [Float] = { $0 },
    inputs: (inout [Float]) -> Void = { _ in }
  ) throws -> [LayerOutcome] {
    let weights = ChangedWeights(source: file.weights, name: name, change: change)
    let model = try LanguageModel(weights: weights, config: file.config.text)
    let embeddings = try (0..<4).map { sample in
      var embeddings = try model.embed((0..<60).map { ($0 * 37 + sample * 101) % 450 })
      inputs(&embeddings.values)
      return embeddings
    }
    let samples = (0..<4).map { sample in
      CalibrationSample(tokenWeights: [Float](repeating: 1, count: 60), isHeldOut: sample == 3)
    }
    var layers: [LayerOutcome] = []
    try ModelQuantizer(
      model: model, config: file.config.text,
      options: QuantizationOptions(scheme: scheme, method: method, propagation: .float)
    ).run(samples, ActivationStore(embeddings: embeddings, file.config.text, .float)) { event in
      if case .layer(let layer, _) = event { layers.append(layer) }
    }
    return layers
  }

  @Test func `a weight that is not finite ends the run and is named`() throws {
    let name = "language_model.model.layers.1.mlp.up_proj.weight"
    let columns = file.config.text.hiddenSize
    let expected = QuantizationError.nonFiniteWeight(
      module: "language_model.model.layers.1.mlp.up_proj", row: 2, column: 5)
    #expect(throws: expected) {
      try quantized(.rtn, changing: name) { values in
        var values = values
        values[2 * columns + 5] = .nan
        return values
      }
    }
  }

  @Test func `activations that are not finite fall back to plain rounding`() throws {
    let layers = try quantized(.awqGPTQ, inputs: { $0[7] = .nan })
    let plain = try quantized(.rtn)
    #expect(layers[0].warnings.contains { $0.contains("NaN") })
    #expect(layers.map(\.layer.linears) == plain.map(\.layer.linears))
  }

  @Test func `scales that would lift a norm out of half precision are not used`() throws {
    let norm = "language_model.model.layers.0.post_attention_layernorm.weight"
    let usual = try quantized(.awqGPTQ)[0]
    #expect(usual.layer.folded[norm] != nil && usual.warnings.isEmpty)
    let layer = try quantized(.awqGPTQ, changing: norm) { $0.map { value in value < 0 ? -60_000 : 60_000 } }[0]
    #expect(layer.warnings.contains { $0.hasPrefix("layer 0 gate,up: scales would lead out of half precision") })
    #expect(layer.layer.folded[norm] == nil)
    let reports = layer.reports.filter { $0.module.hasSuffix("gate_proj") || $0.module.hasSuffix("up_proj") }
    #expect(reports.count == 2 && reports.allSatisfy { $0.rule == .identity && $0.errorAfter <= $0.errorBefore })
    let isFinite = layer.layer.folded.values.allSatisfy { $0.allSatisfy { $0.isFinite } }
    #expect(isFinite)
  }

  @Test func `scales that would lift the scales of other rows out of half precision are not used`() throws {
    // Groups of up_proj with scales around 4,000 leave no room for divisors below 1/16.
    let up = "language_model.model.layers.0.mlp.up_proj.weight"
    let layer = try quantized(.awqGPTQ, changing: up) { $0.map { $0 * 4e6 } }[0]
    #expect(layer.warnings.contains { $0.hasPrefix("layer 0 down: scales would lead out of half precision") })
    for (module, linear) in layer.layer.linears {
      let isFinite = linear.scales.allSatisfy { $0.isFinite }
      #expect(isFinite, "\(module)")
    }
  }

  @Test func `weights whose scales half precision cannot hold are warned of`() throws {
    let up = "language_model.model.layers.1.mlp.up_proj"
    let columns = file.config.text.hiddenSize
    let layers = try quantized(.rtn, changing: up + ".weight") { values in
      values.enumerated().map { $0.offset < columns ? $0.element * 1e9 : $0.element }
    }
    #expect(layers[0].warnings.isEmpty)
    // All groups of the first row.
    #expect(layers[1].warnings.contains { $0.hasPrefix("\(up): weights of \(columns / 64) groups reach beyond half") })
    let linear = try #require(layers[1].layer.linears[up])
    let isFinite = linear.scales.allSatisfy { $0.isFinite }
    #expect(isFinite)
  }

  @Test func `channels without a signal and groups of zeros are counted and stay finite`() throws {
    let norm = "language_model.model.layers.0.input_layernorm.weight"
    let layer = try quantized(.awqGPTQ, changing: norm) { values in
      values.enumerated().map { $0.offset % 8 == 0 ? 0 : $0.element }
    }[0]
    let hidden = file.config.text.hiddenSize
    #expect(layer.reports.prefix(3).map(\.counts.deadChannels) == [hidden / 8, hidden / 8, hidden / 8])
    #expect(layer.reports.dropFirst(4).allSatisfy { $0.counts.deadChannels == 0 })
    #expect(layer.layer.folded[norm]?.allSatisfy { $0.isFinite } ?? true)

    let query = "language_model.model.layers.0.self_attn.q_proj.weight"
    let zeroed = try quantized(.awqGPTQ, changing: query) { values in
      values.enumerated().map { $0.offset < 3 * 64 ? 0 : $0.element }
    }[0]
    let report = try #require(zeroed.reports.first { $0.module.hasSuffix("q_proj") })
    #expect(report.counts.zeroGroups == 3)
    let linear = try #require(zeroed.layer.linears[report.module])
    #expect(linear.dequantized().values.prefix(3 * 64).allSatisfy { $0 == 0 })
  }
}

/// Weights of which one tensor is another.
private struct ChangedWeights: WeightSource {
  let source: any WeightSource
  let name: String
  let change: @Sendable ([Float]) -> [Float]

  func contains(_ name: String) -> Bool { source.contains(name) }

  func tensor(_ name: String, shape: Shape) throws -> Tensor {
    let tensor = try source.tensor(name, shape: shape)
    return name == self.name ? Tensor(shape: shape, values: change(tensor.values)) : tensor
  }

  func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix {
    let matrix = try source.matrix(name, rows: rows, columns: columns)
    guard name == self.name else { return matrix }
    return FloatMatrix(rows: rows, columns: columns, values: change(matrix.decoded().values))
  }
}
