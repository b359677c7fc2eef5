// Sums over the tokens of the calibration set, in double precision and in the order of samples.
internal import Kernels
package import ModelConfig
package import Tensors

/// What one sample brings to a site.
package struct SiteSample: Sendable {
  /// How the inputs differ from the original model's; see `SiteMoments.Drift`.
  package enum Drift: Sendable {
    /// x − x̃, `[tokens, size]`.
    case inputs(Tensor)
    /// What the outputs are to make up for, `[tokens, out]`.
    case outputs(Tensor)
  }

  fileprivate let inputs: Tensor
  /// The inputs, each token times its weight.
  fileprivate let weighted: Tensor
  fileprivate let drift: Drift?
  fileprivate let weights: [Float]
  fileprivate let isHeldOut: Bool
  fileprivate let magnitudes: (sum: [Double], largest: [Float])

  /// - Parameters:
  ///   - inputs: What the site will see, `[tokens, size]`.
  ///   - drift: nil if that is what it sees in the original model; of one kind for all samples of a site.
  ///   - weights: One weight per token.
  ///   - isHeldOut: Whether the tokens judge instead of being fitted to.
  package init(_ inputs: Tensor, drift: Drift?, weights: [Float], isHeldOut: Bool) {
    self.inputs = inputs
    self.drift = drift
    self.weights = weights
    self.isHeldOut = isHeldOut
    weighted = inputs.weighted(weights)
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
  private let sumsProducts: Bool

  /// - Parameter sumsProducts: Whether more is wanted than magnitudes; if not, moments have no features.
  package init(size: Int, hasHeldOut: Bool, sumsProducts: Bool = true) {
    // Without tokens kept aside the fitted ones judge.
    fit = MomentSums(size: sumsProducts ? size : 0, judges: !hasHeldOut)
    heldOut = MomentSums(size: sumsProducts ? size : 0, judges: true)
    absolute = [Double](repeating: 0, count: size)
    self.sumsProducts = sumsProducts
  }

  /// Bytes of the sums of each block of a site, and of what it takes to add to them.
  /// - Parameters:
  ///   - outFeatures: Of the site's only linear, where outputs enter the residual stream.
  ///   - propagates: Whether there is a quantized model's stream beside the original's.
  package static func byteCounts(
    of blocks: ColumnBlocks, at site: LinearSite, outFeatures: Int, propagates: Bool, hasHeldOut: Bool
  ) -> [Int] {
    let sets = hasHeldOut ? 2 : 1, doubleSize = MemoryLayout<Double>.size, floatSize = MemoryLayout<Float>.size
    return blocks.ranges.map { range in
      let square = range.count * range.count * doubleSize, panel = outFeatures * range.count
      guard propagates else { return sets * square }
      // Of the tokens that judge the products of differences, too.
      guard site.entersResidual else { return (2 * sets + 1) * square }
      // With the columns of a linear that is cut, decoded.
      return sets * (square + panel * doubleSize) + (blocks.ranges.count > 1 ? panel * floatSize : 0)
    }
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
    guard sumsProducts else { return }
    fit.add(samples.filter { !$0.isHeldOut })
    heldOut.add(samples.filter(\.isHeldOut))
  }

  /// The statistics of everything added; gives the sums' memory back.
  package mutating func takeStatistics() -> SiteStatistics {
    let fitted = fit.takeMoments()
    return SiteStatistics(
      fit: fitted, judge: heldOut.totalWeight > 0 ? heldOut.takeMoments() : fitted,
      meanAbs: absolute.map { Float($0 / max(fit.totalWeight, .leastNormalMagnitude)) }, largest: largest,
      hasNonFinite: hasNonFinite)
  }
}

/// The sums behind `SiteMoments`; storage is taken when the first sample comes.
private struct MomentSums {
  private let size: Int
  private let judges: Bool
  /// On and above the diagonal.
  private var gram: [Double] = []
  private var cross: [Double] = []
  /// On and above the diagonal.
  private var driftGram: [Double] = []
  private var pull: [Double] = []
  private var lostEnergy = 0.0
  private(set) var totalWeight = 0.0

  init(size: Int, judges: Bool) {
    self.size = size
    self.judges = judges
  }

  mutating func add(_ samples: [SiteSample]) {
    var crossPairs: [(x: Tensor, y: Tensor)] = [], driftPairs = crossPairs, pullPairs = crossPairs
    for sample in samples {
      totalWeight += sample.weights.reduce(0) { $0 + Double($1) }
      switch sample.drift {
      case nil: break
      case .inputs(let difference):
        crossPairs.append((sample.weighted, difference))
        if judges { driftPairs.append((difference, difference.weighted(sample.weights))) }
      case .outputs(let lost):
        pullPairs.append((lost, sample.weighted))
        for (square, weight) in zip(lost.rowDots(lost), sample.weights) { lostEnergy += square * Double(weight) }
      }
    }
    add(samples.map { ($0.inputs, $0.weighted) }, upperOnly: true, to: \.gram)
    add(crossPairs, to: \.cross)
    add(driftPairs, upperOnly: true, to: \.driftGram)
    add(pullPairs, to: \.pull)
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

  /// The moments. Each sum's memory is given back before the next is rounded.
  mutating func takeMoments() -> SiteMoments {
    var moments = SiteMoments(gram: symmetric(take(\.gram)))
    if !cross.isEmpty {
      moments.drift = .inputs(cross: matrix(take(\.cross)), gram: judges ? symmetric(take(\.driftGram)) : nil)
    } else if !pull.isEmpty {
      moments.drift = .outputs(pull: matrix(take(\.pull)), energy: lostEnergy)
    }
    return moments
  }

  private mutating func take(_ sums: WritableKeyPath<Self, [Double]>) -> [Double] {
    defer { self[keyPath: sums] = [] }
    return self[keyPath: sums]
  }

  private func symmetric(_ sums: consuming [Double]) -> GramMatrix {
    let values = sums.isEmpty ? [Float](repeating: 0, count: size * size) : Gram.symmetric(upper: sums, size: size)
    return GramMatrix(size: size, values: values, totalWeight: totalWeight)
  }

  private func matrix(_ sums: consuming [Double]) -> Tensor {
    Tensor(shape: [sums.count / size, size], values: Gram.rounded(sums))
  }
}

extension Tensor {
  /// Every row times its token's weight.
  fileprivate func weighted(_ weights: [Float]) -> Tensor {
    weights.allSatisfy { $0 == 1 } ? self : rowsMultiplied(by: weights)
  }
}
