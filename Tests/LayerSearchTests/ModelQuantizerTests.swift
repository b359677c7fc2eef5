// Quantizing the decoder of the bundled model, judged by what it reports and by running the result.
import Calibration
import Foundation
import Kernels
import LayerSearch
import ModelConfig
import ModelFiles
import Quantization
import ReferenceModel
import SampleModel
import Tensors
import Testing

@Suite(.serialized) struct ModelQuantizerTests {
  private let file: ModelFile
  private let model: LanguageModel
  private let samples: [CalibrationSample]
  private let embeddings: [Tensor]

  init() throws {
    file = try ModelFile.open(try SampleModel().modelDirectory)
    let model = try LanguageModel(weights: file.weights, config: file.config.text)
    self.model = model
    embeddings = try (0..<4).map { sample in try model.embed((0..<60).map { ($0 * 37 + sample * 101) % 450 }) }
    samples = (0..<4).map { sample in
      CalibrationSample(tokenWeights: [Float](repeating: 1, count: 60), isHeldOut: sample == 3)
    }
  }

  private func activations(_ propagation: Propagation) throws -> ActivationStore {
    try ActivationStore(embeddings: embeddings, file.config.text, propagation)
  }

  private func quantized(
    _ method: QuantizationMethod, _ propagation: Propagation = .quantized, widestGram: Int = 8192,
    _ codes: CodeScheme = .int4, otherCodes: [String: CodeScheme] = [:], measuresRaised: Bool = false
  ) throws -> [LayerOutcome] {
    let scheme = try #require(QuantizationScheme(groupSize: 64, codes: codes))
    var options = QuantizationOptions(scheme: scheme, method: method, propagation: propagation)
    options.widestGram = widestGram
    options.otherCodes = otherCodes
    options.measuresRaisedErrors = measuresRaised
    var layers: [LayerOutcome] = []
    let quantizer = ModelQuantizer(model: model, config: file.config.text, options: options)
    try quantizer.run(samples, try activations(propagation)) { event in
      if case .layer(let layer, _) = event { layers.append(layer) }
    }
    return layers
  }

  @Test(arguments: [QuantizationMethod.rtn, .awq, .awqGPTQ, .best], Propagation.allCases)
  func noLinearIsWorseThanPlainRoundingOnTokensKeptAside(method: QuantizationMethod, propagation: Propagation) throws {
    let layers = try quantized(method, propagation)
    #expect(layers.count == model.layerCount && layers.allSatisfy { $0.layer.linears.count == 7 })
    for report in layers.flatMap(\.reports) {
      #expect(report.errorAfter <= report.errorBefore, "\(report.module)")
      #expect(report.errorBefore > 0 && report.outputEnergy > report.errorBefore)
    }
  }

  @Test func `best is no worse at a site than any single method that sees the same inputs`() throws {
    func error(_ method: QuantizationMethod) throws -> Double {
      try quantized(method, .float)[0].reports.prefix(3).reduce(0) { $0 + $1.errorAfter }
    }
    let best = try error(.best)
    for method in QuantizationMethod.allCases { #expect(best <= (try error(method)), "\(method)") }
  }

  @Test(arguments: [QuantizationMethod.best, .awqCompat])
  func `a run that goes on behind a layer gives what an undisturbed one gives`(
    method: QuantizationMethod
  ) throws {
    let scheme = try #require(QuantizationScheme(groupSize: 64))
    for propagation in Propagation.allCases {
      let quantizer = ModelQuantizer(
        model: model, config: file.config.text,
        options: QuantizationOptions(scheme: scheme, method: method, propagation: propagation))
      var layers: [LayerOutcome] = []
      var states: [ActivationStore] = []
      try quantizer.run(samples, try activations(propagation)) { event in
        guard case .layer(let layer, let state) = event else { return }
        layers.append(layer)
        states.append(state)
      }
      for finished in 1..<model.layerCount {
        var index = finished
        try quantizer.run(samples, states[finished - 1], after: finished) { event in
          guard case .layer(let outcome, _) = event else { return }
          #expect(outcome.index == index && outcome.layer == layers[index].layer)
          index += 1
        }
        #expect(index == model.layerCount)
      }
    }
  }

  @Test(arguments: QuantizationMethod.allCases)
  func `a symmetric scheme keeps the zero at 8 through all steps, and costs more than zeros of their own`(
    method: QuantizationMethod
  ) throws {
    let symmetric = try quantized(method, .float, .int4Symmetric), fitted = try quantized(method, .float)
    #expect(symmetric.flatMap(\.layer.linears.values).allSatisfy { $0.isSymmetric })
    #expect(!fitted.flatMap(\.layer.linears.values).contains { $0.isSymmetric })
    func error(_ layers: [LayerOutcome]) -> Double { layers.flatMap(\.reports).reduce(0) { $0 + $1.errorAfter } }
    #expect(error(symmetric) > error(fitted))
    guard method.isGuarded else { return }
    #expect(symmetric.flatMap(\.reports).allSatisfy { $0.errorAfter <= $0.errorBefore })
  }

  @Test(arguments: [QuantizationMethod.rtn, .awqCompat, .awqGPTQ])
  func `a linear of eight bits beside those of four loses a small part of what it loses in four`(
    method: QuantizationMethod
  ) throws {
    let chosen = DecoderLinear.down.moduleName(layer: 1)
    // What its own scales are folded into has other weights.
    let absorbing = DecoderLinear.up.moduleName(layer: 1)
    let four = try quantized(method, .float), mixed = try quantized(method, .float, otherCodes: [chosen: .int8])
    for (before, after) in zip(four, mixed) {
      for (module, linear) in after.layer.linears where module != chosen && module != absorbing {
        #expect(linear == before.layer.linears[module], "\(module)")
      }
    }
    let linear = try #require(mixed[1].layer.linears[chosen])
    #expect(linear.scheme.bits == 8 && linear.isSymmetric && linear.codes.contains { $0 > 200 })
    func report(_ layers: [LayerOutcome]) throws -> LinearReport {
      try #require(layers[1].reports.first { $0.module == chosen })
    }
    let (inFour, inEight) = (try report(four), try report(mixed))
    // Steps are a seventeenth as long, of which the square counts; a symmetric range may be twice as wide as it need be.
    #expect(inEight.errorAfter < inFour.errorAfter / 50 && inEight.errorBefore < inFour.errorBefore / 50)
    if method.isGuarded { #expect(inEight.errorAfter <= inEight.errorBefore) }
  }

  @Test func `what is measured of eight bits is what plain rounding to them loses, and changes nothing`() throws {
    let measured = try quantized(.rtn, .float, measuresRaised: true), eight = try quantized(.rtn, .float, .int8)
    let four = try quantized(.rtn, .float)
    for (layer, other) in zip(measured, eight) {
      for report in other.reports {
        let errors = try #require(layer.raisedErrors[report.module])
        // Nothing drifts, so that the original loses nothing.
        #expect(errors.eightBits == report.errorAfter && errors.original == 0, "\(report.module)")
      }
    }
    #expect(measured.map(\.layer) == four.map(\.layer) && four.allSatisfy(\.raisedErrors.isEmpty))
    for layer in try quantized(.awq, widestGram: 128, measuresRaised: true) {
      // What the first linears of all read has not drifted.
      for report in layer.reports.dropFirst(layer.index == 0 ? 3 : 0) {
        let errors = try #require(layer.raisedErrors[report.module])
        #expect(errors.original > 0 && errors.eightBits < report.errorAfter, "\(report.module)")
      }
    }
  }

  @Test func threadsChangeNothing() throws {
    let before = Parallel.threadCount
    defer { Parallel.threadCount = before }
    let results = try [1, 2, 3].map { threads in
      Parallel.threadCount = threads
      return try quantized(.awqGPTQ).map(\.layer)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func wideInputsAreSearchedInBlocks() throws {
    let whole = try quantized(.awqGPTQ)
    let blocks = try quantized(.awqGPTQ, widestGram: 192)
    for (a, b) in zip(whole.flatMap(\.reports), blocks.flatMap(\.reports)) {
      #expect(b.errorAfter <= b.errorBefore && a.module == b.module && a.inFeatures == b.inFeatures)
    }
    let differ = zip(whole, blocks).contains { $0.layer.linears != $1.layer.linears }
    #expect(differ)
  }

  @Test func scalesFoldedIntoNormsAndRowsCancel() throws {
    // Run with its folded norms, biases and weights, the layer must stay closer to the original than plainly rounded,
    // which folds nothing: a scale folded wrongly, or into the wrong rows, is off by its size, not by a rounding error.
    let folded = try quantized(.awqGPTQ, .float)[0]
    #expect(Set(folded.reports.filter { $0.rule != .identity }.map(\.module)).count >= 4)
    #expect(folded.layer.folded.count >= 2)
    let plain = try quantized(.rtn, .float)[0]
    #expect(try layerError(folded.layer) < layerError(plain.layer))
  }

  /// The relative error of layer 0's output on a sample it was fitted to, with everything `quantized` replaces.
  private func layerError(_ quantized: QuantizedLayer) throws -> Double {
    let input = embeddings[0]
    let rotary = model.rotary(at: samples[0].positions)
    var layer = try model.layer(0)
    let expected = layer(input, rotary: rotary)
    for (name, linear) in quantized.linears {
      let weight = FloatMatrix(
        rows: linear.outFeatures, columns: linear.inFeatures, values: linear.dequantized().values)
      switch name.split(separator: ".").last {
      case "q_proj": layer.attention.q.weight = weight
      case "k_proj": layer.attention.k.weight = weight
      case "v_proj": layer.attention.v.weight = weight
      case "o_proj": layer.attention.o.weight = weight
      case "gate_proj": layer.mlp.gate.weight = weight
      case "up_proj": layer.mlp.up.weight = weight
      default: layer.mlp.down.weight = weight
      }
    }
    for (name, values) in quantized.folded {
      if name.hasSuffix("input_layernorm.weight") { layer.inputNorm.weight = values }
      if name.hasSuffix("post_attention_layernorm.weight") { layer.postAttentionNorm.weight = values }
      if name.hasSuffix("v_proj.bias") { layer.attention.v.bias = values }
    }
    let found = layer(input, rotary: rotary)
    let difference = zip(found.values, expected.values).map { Double($0 - $1) * Double($0 - $1) }.reduce(0, +)
    let norm = expected.values.map { Double($0) * Double($0) }.reduce(0, +)
    return (difference / norm).squareRoot()
  }
}
