// Sums over what linears outside the decoder's layers read.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// The sums of the inputs of some linears, cut into blocks where they are wide.
struct OutsideSums {
  private let blocks: [OutsideInput: ColumnBlocks]
  private var sums: [OutsideInput: [SiteSums]]

  /// - Parameter hasHeldOut: Whether some of what will be added judges.
  init(of linears: [OutsideLinear], _ options: QuantizationOptions, hasHeldOut: Bool) {
    let blocks = Dictionary(linears.map { ($0.input, options.blocks(of: $0.weight)) }) { first, _ in first }
    self.blocks = blocks
    sums = blocks.mapValues { $0.ranges.map { SiteSums(size: $0.count, hasHeldOut: hasHeldOut) } }
  }

  /// Adds inputs, `[tokens, features]`, if somebody reads them there.
  /// - Parameters:
  ///   - original: What the original model has in their place; nil if that is the same.
  ///   - weights: One weight per token; nil for 1.
  mutating func add(
    _ x: Tensor, at input: OutsideInput, original: Tensor? = nil, weights: [Float]? = nil, isHeldOut: Bool
  ) {
    guard let blocks = blocks[input] else { return }
    let weights = weights ?? [Float](repeating: 1, count: x.rowCount)
    for (position, range) in blocks.ranges.enumerated() {
      let part = blocks.part(range, of: x)
      let drift = original.map { SiteSample.Drift.inputs(blocks.part(range, of: $0) - part) }
      sums[input]?[position].add([SiteSample(part, drift: drift, weights: weights, isHeldOut: isHeldOut)])
    }
  }

  /// The statistics of each block of an input, once for all its linears; gives the sums' memory back.
  mutating func takeStatistics(at input: OutsideInput) -> [SiteStatistics] {
    guard var found = sums.removeValue(forKey: input) else { return [] }
    return found.indices.map { found[$0].takeStatistics() }
  }
}

extension QuantizationOptions {
  /// The blocks that a linear's input is cut into.
  func blocks(of weight: any WeightMatrix) -> ColumnBlocks {
    ColumnBlocks(size: weight.columns, groupSize: scheme.groupSize, limit: widestGram)
  }
}
