// What quantization is calibrated on: samples, and how much each of their tokens counts.
public import Kernels

/// One sample; what it is in front of the first decoder layer lies in an `ActivationStore`.
public struct CalibrationSample: Sendable {
  /// Where its tokens stand.
  public var positions: Positions
  /// How much each token counts in the statistics.
  public var tokenWeights: [Float]
  /// Whether the sample judges instead of being fitted to.
  public var isHeldOut: Bool

  /// A sample of as many tokens as weights, at `positions`; nil for text from the first position on.
  public init(positions: Positions? = nil, tokenWeights: [Float], isHeldOut: Bool) {
    precondition(positions == nil || positions?.count == tokenWeights.count, "one weight per token")
    self.positions = positions ?? Positions(text: 0..<tokenWeights.count)
    self.tokenWeights = tokenWeights
    self.isHeldOut = isHeldOut
  }
}

/// Weights of calibration tokens by class: pictures have many more tokens than answers have (cf. Li et al., "MBQ",
/// arXiv 2412.19509, which weights modalities by gradients; here by count alone).
public enum TokenWeighting: Sendable, Equatable {
  /// Every token counts 1.
  case uniform
  /// All tokens of class i together count `shares[i]` of the total, however many they are. Shares are relative.
  case shares([Double])

  /// The same share for picture, prompt and answer tokens.
  public static let classShares = TokenWeighting.shares([1, 1, 1])

  /// What `text` gives: `uniform`, or three shares in 0...1e9 that are not all 0: `1,1,2`. Nil for anything else.
  public init?(text: String) {
    guard text != "uniform" else {
      self = .uniform
      return
    }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let shares = parts.compactMap { Double($0) }
    guard parts.count == 3, shares.count == 3, shares.allSatisfy({ (0...1e9).contains($0) }),
      shares.contains(where: { $0 > 0 })
    else { return nil }
    self = .shares(shares)
  }

  /// As `init(text:)` reads it back, to the bit.
  public var text: String {
    switch self {
    case .uniform: "uniform"
    case .shares(let shares): shares.map { "\($0)" }.joined(separator: ",")
    }
  }

  /// One weight per token of each sample; their mean is 1.
  ///
  /// Edge cases: a class without tokens leaves its share to the others; if no class that has tokens has a share, all
  /// tokens count 1.
  /// - Parameter samples: the class of each token, an index of the shares.
  public func weights(of samples: [[Int]]) -> [[Float]] {
    let even = samples.map { [Float](repeating: 1, count: $0.count) }
    guard case .shares(let shares) = self else { return even }
    var counts = [Double](repeating: 0, count: shares.count)
    for sample in samples { for token in sample { counts[token] += 1 } }
    let present = zip(shares, counts).reduce(0) { $0 + ($1.1 > 0 ? $1.0 : 0) }
    guard present > 0 else { return even }
    let total = counts.reduce(0, +)
    let weights = zip(shares, counts).map { Float($0 / present * total / max($1, 1)) }
    return samples.map { $0.map { weights[$0] } }
  }
}
