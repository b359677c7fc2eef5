// However little of a calibration is in memory at the same time, the result is the same.
import Calibration
import Kernels
import LayerSearch
import ModelConfig
import ModelFiles
import Quantization
import ReferenceModel
import SampleModel
import Storage
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct MemoryTests {
  private let file: ModelFile
  private let model: LanguageModel
  private let samples: [CalibrationSample]
  private let embeddings: [Tensor]

  init() throws {
    file = try ModelFile.open(try SampleModel().modelDirectory)
    let model = try LanguageModel(weights: file.weights, config: file.config.text)
    self.model = model
    let lengths = [60, 33, 47, 60, 5]
    embeddings = try lengths.enumerated().map { sample, length in
      try model.embed((0..<length).map { ($0 * 37 + sample * 101) % 450 })
    }
    samples = lengths.enumerated().map { sample, length in
      CalibrationSample(
        tokenWeights: (0..<length).map { Float($0 % 3) + 0.5 }, isHeldOut: sample == 3)
    }
  }

  private func layers(
    _ method: QuantizationMethod, _ propagation: Propagation, memory: QuantizationMemory,
    scratch: (Int) throws -> ScratchFile? = { _ in nil }, after: (Int, ActivationStore)? = nil,
    onLayer: (ActivationStore) throws -> Void = { _ in }
  ) throws -> [LayerOutcome] {
    let scheme = try #require(QuantizationScheme(groupSize: 64))
    var options = QuantizationOptions(scheme: scheme, method: method, propagation: propagation)
    // Two to four blocks at each site but o_proj's.
    options.widestGram = 128
    let activations =
      try after?.1 ?? ActivationStore(embeddings: embeddings, file.config.text, propagation, scratch: scratch)
    var layers: [LayerOutcome] = []
    try ModelQuantizer(model: model, config: file.config.text, options: options)
      .run(samples, activations, after: after?.0 ?? 0, memory: memory) { event in
        guard case .layer(let layer, let activations) = event else { return }
        layers.append(layer)
        try onLayer(activations)
      }
    return layers
  }

  private func expectSame(_ a: [LayerOutcome], _ b: [LayerOutcome]) {
    #expect(a.count == b.count)
    for (a, b) in zip(a, b) {
      #expect(a.layer == b.layer)
      #expect(a.reports.map { "\($0)" } == b.reports.map { "\($0)" } && a.warnings == b.warnings)
    }
  }

  @Test(arguments: [QuantizationMethod.best, .rtn], Propagation.allCases)
  func `neither a scratch file nor one sample and one block at a time changes a bit`(
    method: QuantizationMethod, propagation: Propagation
  ) throws {
    let expected = try layers(method, propagation, memory: .unlimited)
    let directory = try TemporaryDirectory()
    let folder = try WorkFolder(for: directory.path("out"), making: .directory)
    for memory in [
      QuantizationMemory(
        calibration: CalibrationMemory(batchTokenCount: 0, sumsByteCount: 0), keptTargets: []),
      // Two samples of unequal length, and two blocks of 128 features.
      QuantizationMemory(
        calibration: CalibrationMemory(batchTokenCount: 95, sumsByteCount: 2 * 5 * 128 * 128 * 8),
        keptTargets: [.attentionOutput, .mlpInput]),
    ] {
      expectSame(try layers(method, propagation, memory: memory), expected)
      expectSame(
        try layers(method, propagation, memory: memory, scratch: { try folder.makeScratch(capacity: $0) }), expected)
    }
  }

  @Test func `a run goes on with activations that lay in a scratch file`() throws {
    let expected = try layers(.best, .quantized, memory: .unlimited)
    let directory = try TemporaryDirectory()
    let folder = try WorkFolder(for: directory.path("out"), making: .directory)
    struct Enough: Error {}
    var secured: [(CalibrationStream, Int, Tensor)] = []
    #expect(throws: Enough.self) {
      try layers(
        .best, .quantized, memory: .unlimited, scratch: { try folder.makeScratch(capacity: $0) }
      ) { activations in
        for stream in activations.shape.streams {
          for sample in samples.indices {
            secured.append((stream, sample, try activations.residual(stream, of: sample)))
          }
        }
        throw Enough()
      }
    }
    let shape = ActivationShape(
      tokenCounts: embeddings.map(\.rowCount), config: file.config.text, propagation: .quantized)
    var activations = ActivationStore(shape, scratch: try folder.makeScratch(capacity: shape.floatCount))
    for (stream, sample, residual) in secured { try activations.setResidual(residual, stream, of: sample) }
    let rest = try layers(.best, .quantized, memory: .unlimited, after: (1, activations))
    expectSame(rest, Array(expected.dropFirst()))
  }
}
