// What samples at a site bring to its sums.
internal import Kernels
internal import ModelConfig
internal import ReferenceModel
internal import Tensors

/// A sample at a site, in one model.
struct SiteInput: Sendable {
  /// The residual stream, `[tokens, hidden]`.
  let residual: Tensor
  /// Blocks of the site's input, `[tokens, columns]` each.
  let blocks: [Tensor]
}

/// Some blocks of a site's input.
struct SiteVisit: Sendable {
  /// What the blocks are multiplied by where the site's outputs enter the residual stream: of its linear.
  private let weights: [any WeightMatrix]?
  private let hasDrift: Bool
  private let isRelative: Bool
  private let makesUpForResidual: Bool
  /// How many blocks share what the residual stream has lost.
  private let share: Float

  /// - Parameters:
  ///   - run: The blocks.
  ///   - hasDrift: Whether it matters how the inputs differ from the original model's.
  ///   - followsResidual: See `CalibrationStreams`.
  init(
    _ site: LinearSite, _ blocks: ColumnBlocks, _ run: Range<Int>, _ original: DecoderLayer, hasDrift: Bool,
    followsResidual: Bool
  ) {
    let weight = original[site.linears[0]].weight
    weights = site.entersResidual && hasDrift ? run.map { blocks.part($0, of: weight) } : nil
    self.hasDrift = hasDrift
    isRelative = site.entersResidual && followsResidual
    makesUpForResidual = followsResidual
    share = 1 / Float(blocks.ranges.count)
  }

  /// What a sample brings to each of the blocks.
  func parts(of input: InBothModels<SiteInput>, _ sample: CalibrationSample) -> [SiteSample] {
    let tokenWeights = isRelative ? input.original.relativeWeights(sample.tokenWeights) : sample.tokenWeights
    return input.original.blocks.indices.map { index in
      let before = input.original.blocks[index], inputs = input.quantized?.blocks[index] ?? before
      return SiteSample(
        inputs, drift: hasDrift ? drift(input, index, before - inputs) : nil, weights: tokenWeights,
        isHeldOut: sample.isHeldOut)
    }
  }

  private func drift(
    _ input: InBothModels<SiteInput>, _ index: Int, _ difference: Tensor
  ) -> SiteSample.Drift {
    guard let weights else { return .inputs(difference) }
    return .outputs(lostOutputs(input, difference, weights[index]))
  }

  /// What the outputs of a block of columns are to make up for, `[tokens, hidden]`: what they lose themselves, and their
  /// equal part of what the quantized model's residual stream has lost before they are added.
  private func lostOutputs(
    _ input: InBothModels<SiteInput>, _ difference: Tensor, _ weight: any WeightMatrix
  ) -> Tensor {
    var lost = Matmul.linear(difference, weight)
    guard makesUpForResidual, let quantized = input.quantized else { return lost }
    let residual = input.original.residual - quantized.residual
    lost.add(residual, scaledBy: [Float](repeating: share, count: residual.rowWidth))
    return lost
  }
}

extension SiteInput {
  /// `weights`, each divided by the token's mean squared residual: what a site adds to the residual stream counts as
  /// much as the next norm lets it, which divides by the root of that. Without it a few tokens of huge norm (attention
  /// sinks) outweigh all others.
  fileprivate func relativeWeights(_ weights: [Float]) -> [Float] {
    zip(weights, residual.rowDots(residual)).map { weight, energy in
      weight * Float(Double(residual.rowWidth) / max(energy, .leastNormalMagnitude))
    }
  }
}
