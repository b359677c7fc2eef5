// Sums over the tokens of the calibration set, in double precision and in the order of samples.
internal import Kernels
package import Tensors

/// What one sample brings to a site.
package struct SiteSample: Sendable {
  fileprivate let inputs: Tensor
  /// The inputs, each token times its weight.
  fileprivate let weighted: Tensor
  /// What the inputs of the original model are more.
  fileprivate let difference: Tensor?
  fileprivate let residual: Tensor?
  fileprivate let weights: [Float]
  fileprivate let isHeldOut: Bool
  fileprivate let magnitudes: (sum: [Double], largest: [Float])

  /// - Parameters:
  ///   - inputs: What the site will see, `[tokens, size]`.
  ///   - original: What it sees in the original model; nil if that is the same.
  ///   - residual: What the residual stream that the site's outputs are added to has lost, `[tokens, hidden]`; nil if
  ///     they are not added to it.
  ///   - weights: One weight per token.
  ///   - isHeldOut: Whether the tokens judge instead of being fitted to.
  package init(_ inputs: Tensor, original: Tensor?, residual: Tensor? = nil, weights: [Float], isHeldOut: Bool) {
    self.inputs = inputs
    weighted = inputs.weighted(weights)
    difference = original.map { $0 - inputs }
    self.residual = residual
    self.weights = weights
    self.isHeldOut = isHeldOut
    magnitudes = inputs.columnMagnitudes(weights: weights)
  }
}

/// The sums of one site.
package struct SiteSums {
  private var fit: MomentSums
  private var heldOut: MomentSums
  private var absolute: [Double]
  private var largest: Float = 0
  private var hasNonFinite = false

  package init(size: Int, hasHeldOut: Bool) {
    // Without tokens kept aside the fitted ones judge.
    fit = MomentSums(size: size, judges: !hasHeldOut)
    heldOut = MomentSums(size: size, judges: true)
    absolute = [Double](repeating: 0, count: size)
  }

  /// Adds samples in their order; how they are spread over calls changes no bit.
  package mutating func add(_ samples: [SiteSample]) {
    for sample in samples {
      for magnitude in sample.magnitudes.largest {
        if magnitude.isFinite { largest = max(largest, magnitude) } else { hasNonFinite = true }
      }
      guard !sample.isHeldOut else { continue }
      for index in absolute.indices { absolute[index] += sample.magnitudes.sum[index] }
    }
    fit.add(samples.filter { !$0.isHeldOut })
    heldOut.add(samples.filter(\.isHeldOut))
  }

  /// The statistics of everything added.
  package func statistics() -> SiteStatistics {
    let fitted = fit.moments()
    return SiteStatistics(
      fit: fitted, judge: heldOut.totalWeight > 0 ? heldOut.moments() : fitted,
      meanAbs: absolute.map { Float($0 / max(fit.totalWeight, .leastNormalMagnitude)) }, largest: largest,
      hasNonFinite: hasNonFinite)
  }
}

/// The sums behind `SiteMoments`; storage is taken when the first sample comes.
private struct MomentSums {
  private let size: Int
  private let judges: Bool
  /// Its lower half is filled at the end.
  private var products: [Double] = []
  private var cross: [Double] = []
  private var drift: [Double] = []
  private var residualInputs: [Double] = []
  private var residualDrift: [Double] = []
  private var residualEnergy = 0.0
  private(set) var totalWeight = 0.0

  init(size: Int, judges: Bool) {
    self.size = size
    self.judges = judges
  }

  mutating func add(_ samples: [SiteSample]) {
    guard !samples.isEmpty else { return }
    for sample in samples { totalWeight += sample.weights.reduce(0) { $0 + Double($1) } }
    add(samples.map { ($0.inputs, $0.weighted) }, upperOnly: true, to: \.products)
    add(samples.compactMap { sample in sample.difference.map { (sample.weighted, $0) } }, to: \.cross)
    add(samples.compactMap { sample in sample.residual.map { ($0, sample.weighted) } }, to: \.residualInputs)
    guard judges else { return }
    var changes: [(x: Tensor, y: Tensor)] = [], residuals: [(x: Tensor, y: Tensor)] = []
    for sample in samples {
      guard let difference = sample.difference else { continue }
      let weighted = difference.weighted(sample.weights)
      changes.append((difference, weighted))
      if let residual = sample.residual { residuals.append((residual, weighted)) }
    }
    add(changes, upperOnly: true, to: \.drift)
    add(residuals, to: \.residualDrift)
    for sample in samples {
      guard let residual = sample.residual else { continue }
      for (square, weight) in zip(residual.rowDots(residual), sample.weights) {
        residualEnergy += square * Double(weight)
      }
    }
  }

  private mutating func add(
    _ pairs: [(x: Tensor, y: Tensor)], upperOnly: Bool = false, to sums: WritableKeyPath<Self, [Double]>
  ) {
    guard let first = pairs.first else { return }
    if self[keyPath: sums].isEmpty {
      self[keyPath: sums] = [Double](repeating: 0, count: first.x.rowWidth * first.y.rowWidth)
    }
    Gram.accumulate(pairs, upperOnly: upperOnly, into: &self[keyPath: sums])
  }

  func moments() -> SiteMoments {
    var moments = SiteMoments(gram: gram(products))
    guard !cross.isEmpty else { return moments }
    moments.drift = SiteMoments.Drift(cross: matrix(cross), gram: judges ? gram(drift) : nil)
    if !residualInputs.isEmpty {
      moments.drift?.residual = SiteMoments.Residual(
        inputs: matrix(residualInputs), drift: judges ? matrix(residualDrift) : nil, energy: residualEnergy)
    }
    return moments
  }

  private func gram(_ sums: [Double]) -> GramMatrix {
    let values = sums.isEmpty ? [Float](repeating: 0, count: size * size) : Gram.symmetric(upper: sums, size: size)
    return GramMatrix(size: size, values: values, totalWeight: totalWeight)
  }

  private func matrix(_ sums: [Double]) -> Tensor {
    Tensor(shape: [sums.count / size, size], values: sums.map { Float($0) })
  }
}

extension Tensor {
  /// Every row times its token's weight.
  fileprivate func weighted(_ weights: [Float]) -> Tensor {
    weights.allSatisfy { $0 == 1 } ? self : rowsMultiplied(by: weights)
  }
}
