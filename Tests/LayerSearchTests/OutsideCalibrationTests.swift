// Linears outside the decoder's layers, judged by running the tower and the head that they stand in.
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
import TestSupport
import Testing

@Suite(.serialized) struct OutsideCalibrationTests {
  private let file: ModelFile
  private let model: VisionLanguageModel
  private let vision: VisionEncoder
  private let tiles: [CalibrationTile]

  init() throws {
    file = try ModelFile.open(try SampleModel().modelDirectory)
    model = try VisionLanguageModel(weights: file.weights, config: file.config)
    vision = try #require(model.vision)
    let side = vision.tower.config.imageSize
    // Smooth pictures, each with its own waves: neighbouring patches have much in common, as in photographs.
    tiles = (0..<6).map { number in
      CalibrationTile(isHeldOut: number == 5) {
        let values = (0..<3 * side * side).map { index -> Float in
          let (channel, y, x) = (index / (side * side), index / side % side, index % side)
          let phase = Float(number * 5 + channel * 2)
          return sin(Float(x) * (0.05 + 0.02 * Float(number)) + phase) * 1.2 + cos(Float(y) * 0.07 - phase)
        }
        return Tensor(shape: [3, side, side], values: values)
      }
    }
  }

  private func linears(where isWanted: (OutsideInput) -> Bool) throws -> [OutsideLinear] {
    try file.otherLinears.compactMap { linear in
      guard let input = linear.input, isWanted(input) else { return nil }
      return OutsideLinear(
        input: input, module: linear.module, name: linear.name, weight: try file.weight(of: linear))
    }
  }

  private func options(_ method: QuantizationMethod, _ propagation: Propagation = .quantized) throws
    -> QuantizationOptions
  {
    QuantizationOptions(
      scheme: try #require(QuantizationScheme(groupSize: 64)), method: method, propagation: propagation)
  }

  private func fitted(_ method: QuantizationMethod, widestGram: Int = 8192) throws -> [OutsideOutcome] {
    var options = try options(method), outcomes: [OutsideOutcome] = []
    options.widestGram = widestGram
    let linears = try linears { $0.part < .head }
    try VisionCalibration(vision, linears, options).run(tiles) { outcomes.append($0) }
    return outcomes
  }

  /// What the linears read of the tiles that judge, from the original model's own pass.
  private func inputs() throws -> [OutsideInput: Tensor] {
    var inputs: [OutsideInput: Tensor] = [:]
    var hidden = try vision.tower.embedded(tiles[5].pixels())
    for index in 0..<vision.tower.activeLayerCount {
      hidden = try vision.tower.layer(index)(hidden) { inputs[.tower(layer: index, $0)] = $1 }
    }
    _ = vision.projector(vision.shuffle(hidden.rows(1..<hidden.rowCount))) { inputs[.projector($0)] = $1 }
    return inputs
  }

  /// The mean over tokens of ‖x·(Ŵ − W)ᵀ‖², from the outputs themselves.
  private func outputError(_ linear: QuantizedLinear, _ weight: any WeightMatrix, on x: Tensor) -> Double {
    let lost = Matmul.linear(x, FloatMatrix(linear.dequantized() - weight.decoded()))
    return lost.values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(x.rowCount)
  }

  @Test(arguments: [QuantizationMethod.awq, .awqGPTQ, .best], [8192, 64])
  func `errors are those of the outputs on tiles kept aside, and less than plain rounding's`(
    method: QuantizationMethod, widestGram: Int
  ) throws {
    let outcomes = try fitted(method, widestGram: widestGram), inputs = try inputs()
    let parts = (0..<vision.tower.activeLayerCount).map { OutsidePart.tower(layer: $0) } + [.projector]
    #expect(outcomes.map(\.part) == parts)
    var (before, after) = (0.0, 0.0)
    for linear in try linears(where: { $0.part < .head }) {
      let outcome = try #require(outcomes.first { $0.part == linear.input.part })
      let report = try #require(outcome.reports.first { $0.module == linear.name })
      let codes = try #require(outcome.layer.linears[linear.module]), x = try #require(inputs[linear.input])
      #expect(codes.scheme.bits == 8 && codes.isSymmetric, "\(linear.name)")
      let plain = QuantizedLinear(rounding: linear.weight.decoded(), scheme: codes.scheme)
      #expect(report.errorAfter <= report.errorBefore, "\(linear.name)")
      // Blocks leave out what their errors have in common.
      if widestGram == 8192 {
        let (fitted, rounded) = (outputError(codes, linear.weight, on: x), outputError(plain, linear.weight, on: x))
        #expect(abs(fitted / report.errorAfter - 1) < 1e-2, "\(linear.name): \(fitted), \(report.errorAfter)")
        #expect(abs(rounded / report.errorBefore - 1) < 1e-2, "\(linear.name): \(rounded), \(report.errorBefore)")
      }
      before += report.errorBefore / report.outputEnergy
      after += report.errorAfter / report.outputEnergy
    }
    #expect(after < before, "\(after) and \(before)")
  }

  @Test func `the head makes up for what the layers before it have lost, in one piece or in several`() throws {
    let text = (0..<4).map { sample in (0..<60).map { ($0 * 37 + sample * 101) % 450 } }
    let samples = text.indices.map {
      CalibrationSample(tokenWeights: [Float](repeating: 1, count: 60), isHeldOut: $0 == 3)
    }
    let head = try #require(try linears { $0 == .head }.first)
    for propagation in Propagation.allCases {
      var activations = try ActivationStore(
        embeddings: text.map { try model.language.embed($0) }, file.config.text, propagation)
      try ModelQuantizer(
        model: model.language, config: file.config.text, options: try options(.rtn, propagation)
      ).run(samples, activations) { if case .layer(_, let behind) = $0 { activations = behind } }
      let outcome = try HeadCalibration(model.language, head, try options(.awqGPTQ)).outcome(samples, activations)
      let report = try #require(outcome.reports.first), codes = try #require(outcome.layer.linears[head.module])
      #expect(outcome.part == .head && outcome.reports.count == 1 && codes.outFeatures == head.weight.rows)
      let original = model.language.finalNorm(try activations.residual(.original, of: 3))
      let seen =
        try propagation == .float
        ? original : model.language.finalNorm(activations.residual(.quantized, of: 3))
      // What the original head says of the original's states is wanted.
      let wanted = Matmul.linear(original, head.weight)
      func error(_ weight: any WeightMatrix) -> Double {
        let lost = Matmul.linear(seen, weight) - wanted
        return lost.values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(seen.rowCount)
      }
      let plain = QuantizedLinear(rounding: head.weight.decoded(), scheme: codes.scheme)
      #expect(abs(error(codes) / report.errorAfter - 1) < 1e-2, "\(error(codes)), \(report.errorAfter)")
      #expect(abs(error(plain) / report.errorBefore - 1) < 1e-2, "\(error(plain)), \(report.errorBefore)")
      #expect(report.errorAfter < report.errorBefore)
    }
  }

  @Test func `neither threads nor other linears beside them change codes`() throws {
    let before = Parallel.threadCount
    defer { Parallel.threadCount = before }
    let results = try [1, 2, 3].map { threads in
      Parallel.threadCount = threads
      return try fitted(.awqGPTQ).map(\.layer)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
    var alone: [OutsideOutcome] = []
    let first = try linears { $0 == .tower(layer: 1, .mlpOutput) }
    try VisionCalibration(vision, first, try options(.awqGPTQ)).run(tiles) { alone.append($0) }
    let module = try #require(first.first).module
    let beside = try #require(results[0][1].linears[module])
    #expect(alone.count == 1 && alone[0].layer.linears == [module: beside])
  }

  @Test func `names outside the layers say what a linear reads`() {
    let cases: [(String, OutsideInput?)] = [
      ("language_model.lm_head", .head), ("mlp1.1", .projector(0)), ("mlp1.3", .projector(1)), ("mlp1.0", nil),
      ("vision_model.encoder.layers.12.attn.k_proj", .tower(layer: 12, .attentionInput)),
      ("vision_model.encoder.layers.0.attn.proj", .tower(layer: 0, .attentionOutput)),
      ("vision_model.encoder.layers.0.mlp.fc1", .tower(layer: 0, .mlpInput)),
      ("vision_model.encoder.layers.0.mlp.fc2", .tower(layer: 0, .mlpOutput)),
      ("vision_model.encoder.layers.0.mlp.fc3", nil), ("language_model.model.layers.0.mlp.down_proj", nil),
    ]
    for (name, input) in cases { #expect(OutsideInput(module: name) == input, "\(name)") }
  }
}
