// What is summed up over tokens, against sums token by token in f64.
import Calibration
import Kernels
import LayerSearch
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct SiteStatisticsTests {
  fileprivate static let size = 40
  fileprivate static let outputs = 6
  /// Sums of some hundred products in f32 against f64.
  private static let tolerance = 1e-5

  /// What differs from the original model.
  enum Drift: CaseIterable { case none, inputs, inputsAndResidual }

  private struct Sample {
    let inputs: Tensor
    let original: Tensor
    /// What the residual stream has lost, `[tokens, outputs]`.
    let residual: Tensor
    let weights: [Float]
    let isHeldOut: Bool

    func drift(_ drift: Drift, weight: Tensor?) -> SiteSample.Drift? {
      guard drift != .none else { return nil }
      let difference = Tensor(shape: inputs.shape, values: zip(original.values, inputs.values).map { $0 - $1 })
      guard drift == .inputsAndResidual, let weight else { return .inputs(difference) }
      var lost = residual
      for index in lost.values.indices {
        let (token, row) = index.quotientAndRemainder(dividingBy: SiteStatisticsTests.outputs)
        for column in 0..<SiteStatisticsTests.size {
          lost.values[index] +=
            difference.values[token * SiteStatisticsTests.size + column]
            * weight.values[row * SiteStatisticsTests.size + column]
        }
      }
      return .outputs(lost)
    }
  }

  private func samples() -> [Sample] {
    var generator = SeededGenerator(seed: 17)
    return [300, 1, 57, 90].enumerated().map { index, count in
      let inputs = random([count, Self.size], &generator)
      var original = inputs
      for index in original.values.indices { original.values[index] += Float.random(in: -0.2...0.2, using: &generator) }
      let residual = random([count, Self.outputs], &generator)
      let weights = (0..<count).map { _ in Float.random(in: 0...3, using: &generator) }
      return Sample(
        inputs: inputs, original: original, residual: residual, weights: weights, isHeldOut: index == 3)
    }
  }

  private func random(_ shape: Shape, _ generator: inout SeededGenerator) -> Tensor {
    Tensor(shape: shape, values: (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &generator) })
  }

  /// - Parameter weight: what reads the site, where outputs enter a residual stream.
  private func statistics(_ samples: [Sample], _ drift: Drift, weight: Tensor? = nil) -> SiteStatistics {
    var sums = SiteSums(size: Self.size, hasHeldOut: samples.contains(where: \.isHeldOut))
    sums.add(
      samples.map { sample in
        SiteSample(
          sample.inputs, drift: sample.drift(drift, weight: weight), weights: sample.weights,
          isHeldOut: sample.isHeldOut)
      })
    return sums.takeStatistics()
  }

  /// Σ w·‖x̃·(W + delta)ᵀ − x·Wᵀ − r‖² / Σ w, token by token.
  private func error(_ samples: [Sample], delta: Tensor, weight: Tensor, _ drift: Drift) -> Double {
    var sum = 0.0, total = 0.0
    for sample in samples {
      for (token, factor) in sample.weights.enumerated() {
        total += Double(factor)
        for row in 0..<weight.rowCount {
          var output =
            drift == .inputsAndResidual ? -Double(sample.residual.values[token * Self.outputs + row]) : 0
          for column in 0..<Self.size {
            let x = Double(sample.inputs.values[token * Self.size + column])
            let before = drift == .none ? x : Double(sample.original.values[token * Self.size + column])
            let w = Double(weight.values[row * Self.size + column])
            output += x * (w + Double(delta.values[row * Self.size + column])) - before * w
          }
          sum += Double(factor) * output * output
        }
      }
    }
    return sum / total
  }

  @Test(arguments: Drift.allCases) func `the error is that of the tokens that judge, by their weights`(drift: Drift) {
    var generator = SeededGenerator(seed: 18)
    let weight = random([Self.outputs, Self.size], &generator)
    var delta = random([Self.outputs, Self.size], &generator)
    for index in delta.values.indices { delta.values[index] *= 0.1 }
    let samples = samples()
    let judged = OutputError(of: FloatMatrix(weight), statistics(samples, drift, weight: weight).judge).error(of: delta)
    let expected = error(samples.filter(\.isHeldOut), delta: delta, weight: weight, drift)
    #expect(abs(judged - expected) <= Self.tolerance * expected)
    // Without tokens kept aside the fitted ones judge.
    let fitted = samples.filter { !$0.isHeldOut }
    let own = OutputError(of: FloatMatrix(weight), statistics(fitted, drift, weight: weight).judge).error(of: delta)
    let expectedOwn = error(fitted, delta: delta, weight: weight, drift)
    #expect(abs(own - expectedOwn) <= Self.tolerance * expectedOwn)
  }

  @Test func `means are weighted and leave out the tokens that judge`() {
    let samples = samples()
    let found = statistics(samples, .none)
    let fitted = samples.filter { !$0.isHeldOut }
    let total = fitted.flatMap(\.weights).reduce(0.0) { $0 + Double($1) }
    #expect(abs(found.fit.gram.totalWeight - total) <= 1e-9 * total)
    for column in 0..<Self.size {
      var magnitude = 0.0, energy = 0.0
      for sample in fitted {
        for (token, weight) in sample.weights.enumerated() {
          let x = Double(sample.inputs.values[token * Self.size + column])
          magnitude += Double(weight) * abs(x)
          energy += Double(weight) * x * x
        }
      }
      #expect(abs(Double(found.meanAbs[column]) - magnitude / total) <= Self.tolerance)
      #expect(abs(Double(found.energy[column]) - energy / total) <= Self.tolerance)
    }
    #expect(found.largest == samples.flatMap(\.inputs.values).map(abs).max())
  }

  @Test func `the sums of two sets add up to those of both`() {
    let samples = samples().filter { !$0.isHeldOut }
    let whole = statistics(samples, .none).fit.gram
    let parts = [Array(samples.prefix(1)), Array(samples.dropFirst())].map { statistics($0, .none).fit.gram }
    #expect(abs(parts[0].totalWeight + parts[1].totalWeight - whole.totalWeight) < 1e-9 * whole.totalWeight)
    for index in whole.values.indices {
      let sum = parts[0].values[index] + parts[1].values[index]
      #expect(abs(sum - whole.values[index]) <= Float(Self.tolerance) * Float(whole.totalWeight))
    }
  }

  @Test func `threads change no bit`() {
    let before = Parallel.threadCount
    defer { Parallel.threadCount = before }
    let samples = samples()
    var generator = SeededGenerator(seed: 19)
    let weight = FloatMatrix(random([Self.outputs, Self.size], &generator))
    let found = [1, 2, 3].map { threads in
      Parallel.threadCount = threads
      return statistics(samples, .inputs)
    }
    for other in found.dropFirst() {
      #expect(
        other.fit.gram.values == found[0].fit.gram.values && other.judge.gram.values == found[0].judge.gram.values)
      #expect(other.judge.pull(on: weight) == found[0].judge.pull(on: weight) && other.meanAbs == found[0].meanAbs)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func `what is not finite is noticed`(value: Float) {
    var samples = samples()
    let before = statistics(samples, .none).hasNonFinite
    #expect(!before)
    var inputs = samples[2].inputs
    inputs.values[100] = value
    samples[2] = Sample(
      inputs: inputs, original: inputs, residual: samples[2].residual, weights: samples[2].weights, isHeldOut: false)
    let after = statistics(samples, .none).hasNonFinite
    #expect(after)
  }
}
