// Input features that carry far more than the others: what makes plain rounding fail.

/// An input feature and how far it stands out.
public struct OutlierChannel: Sendable, Equatable {
  /// Index of the input feature.
  public var channel: Int
  /// Its root mean square over that of the median feature.
  public var ratio: Float

  package init(channel: Int, ratio: Float) {
    self.channel = channel
    self.ratio = ratio
  }

  /// From how many times the median on a feature counts as an outlier, and how many are reported.
  static let threshold: Float = 6
  static let limit = 8

  /// The features of mean square `energy` that stand out most, largest first.
  package static func among(_ energy: [Float]) -> [OutlierChannel] {
    let median = energy.sorted()[energy.count / 2].squareRoot()
    guard median > 0 else { return [] }
    return energy.enumerated()
      .map { OutlierChannel(channel: $0, ratio: $1.squareRoot() / median) }
      .filter { $0.ratio >= threshold }
      .sorted { ($1.ratio, $0.channel) < ($0.ratio, $1.channel) }
      .prefix(limit).map(\.self)
  }
}
