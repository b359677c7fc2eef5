// How long each kind of work takes on this machine with a recipe: measured on a few small layers of random weights that
// are quantized with it.
internal import Calibration
internal import Glibc
internal import JSON
internal import Kernels
internal import LayerSearch
internal import ModelConfig
internal import ReferenceModel
internal import Tensors

/// Seconds for each unit of work.
struct WorkRates: Sendable {
  private let secondsPerPart: [Double]
  /// How far the measured layers are from what these rates say, as a share: the mean of all measurements.
  let uncertainty: Double

  /// Seconds that `work` takes.
  func seconds(_ work: WorkAmount) -> Double { zip(secondsPerPart, work.parts).reduce(0) { $0 + $1.0 * $1.1 } }

  /// The rates, none below zero, that come closest to what was measured, in shares of it.
  init(_ measured: [(work: WorkAmount, seconds: Double)]) {
    let rows = measured.filter { $0.seconds > 0 }.map { row in row.work.parts.map { $0 / row.seconds } }
    let count = WorkAmount().parts.count
    var rates = [Double](repeating: 0, count: count)
    // Coordinate descent (Franc, Hlaváč, Navara, CAIP 2005); some dozens of small rows.
    for _ in 0..<Self.sweeps {
      for part in 0..<count {
        let square = rows.reduce(0) { $0 + $1[part] * $1[part] }
        guard square > 0 else { continue }
        let slope = rows.reduce(0) { $0 + $1[part] * (1 - Self.dot($1, rates)) }
        rates[part] = max(0, rates[part] + slope / square)
      }
    }
    secondsPerPart = rates
    uncertainty = rows.isEmpty ? 0 : rows.reduce(0) { $0 + abs(Self.dot($1, rates) - 1) } / Double(rows.count)
  }

  private static let sweeps = 20_000

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}

extension WorkRates {
  /// Shapes of the measured layers: one of everything in proportion, one of wide inputs, one of many weights.
  private static let shapes = [
    (hidden: 512, intermediate: 1024, samples: 4, tokens: 512),
    (hidden: 128, intermediate: 2048, samples: 4, tokens: 256),
    (hidden: 768, intermediate: 768, samples: 4, tokens: 64),
  ]

  /// Measures, which takes some seconds.
  /// - Throws: nothing but what quantizing throws.
  init(measuring options: QuantizationOptions, in mode: NumericMode) throws {
    var measured: [(work: WorkAmount, seconds: Double)] = []
    for shape in Self.shapes {
      let layer = try RandomLayer(hidden: shape.hidden, intermediate: shape.intermediate)
      let counts = [Int](repeating: shape.tokens, count: shape.samples)
      // The better of two, since something else may have had the machine.
      let twice = try (0..<2).map { _ in try layer.measured(options, tokenCounts: counts, in: mode) }
      measured += zip(twice[0], twice[1]).map { ($0.work, min($0.seconds, $1.seconds)) }
    }
    self.init(measured)
  }
}

/// A decoder of one layer whose weights are drawn at random.
private struct RandomLayer: WeightSource {
  private let config: TextConfig

  init(hidden: Int, intermediate: Int) throws {
    let headDim = 64
    let document: JSONValue = [
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": .integer(hidden),
      "intermediate_size": .integer(intermediate), "num_hidden_layers": 1,
      "num_attention_heads": .integer(hidden / headDim), "num_key_value_heads": .integer(hidden / headDim),
      "vocab_size": 1, "tie_word_embeddings": true,
    ]
    config = try ModelConfig(document: document).text
  }

  func contains(_ name: String) -> Bool { name.hasSuffix("norm.weight") || name.hasSuffix("proj.weight") }

  func tensor(_ name: String, shape: Shape) -> Tensor {
    Tensor(shape: shape, values: [Float](repeating: 1, count: shape.elementCount))
  }

  func matrix(_ name: String, rows: Int, columns: Int) -> any WeightMatrix {
    // Such as bf16 can hold, as a model's.
    let values = Self.values(rows * columns, seed: UInt64(rows + columns)).map {
      Float(bitPattern: $0.bitPattern & 0xFFFF_0000)
    }
    return RandomMatrix(rows: rows, columns: columns, values: values)
  }

  /// Sums of uniform numbers, whose spread is like that of weights.
  private static func values(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      var sum: Int64 = 0
      for _ in 0..<2 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Int64(Int32(truncatingIfNeeded: state >> 32))
      }
      return Float(sum) / 0x1p37
    }
  }

  /// Seconds of each stop on the way through the layer, and what was done there.
  func measured(
    _ options: QuantizationOptions, tokenCounts: [Int], in mode: NumericMode
  ) throws -> [(work: WorkAmount, seconds: Double)] {
    var options = options
    options.isIncluded = { _ in true }
    let counts = options.method.needsCalibration ? tokenCounts : []
    let shape = ActivationShape(tokenCounts: counts, config: config, propagation: options.propagation)
    var activations = ActivationStore(shape)
    for (sample, count) in counts.enumerated() {
      var embeddings = Tensor(
        shape: [count, config.hiddenSize], values: Self.values(count * config.hiddenSize, seed: UInt64(sample)))
      // Every input has features that are much larger than the others.
      embeddings.multiplyColumns(by: (0..<config.hiddenSize).map { $0 % 61 == 0 ? 30 : 1 })
      try activations.setEmbeddings(embeddings, of: sample)
    }
    let samples = counts.enumerated().map { index, count in
      CalibrationSample(tokenWeights: [Float](repeating: 1, count: count), isHeldOut: index == counts.count - 1)
    }
    let model = try LanguageModel(weights: self, config: config, numericMode: mode)
    var times: [Double] = [], clock = RunClock()
    try ModelQuantizer(model: model, config: config, options: options).run(samples, activations) { _ in
      times.append(clock.elapsed)
      clock = RunClock()
    }
    let work = LayerWork(config, options, tokenCounts: counts)
    return zip(work.sites + [work.rest], times).map { ($0, $1) }
  }
}

private struct RandomMatrix: WeightMatrix {
  let rows: Int
  let columns: Int
  let values: [Float]

  func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    for index in 0..<range.count * columns { output[index] = values[range.lowerBound * columns + index] }
  }
}
