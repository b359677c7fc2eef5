// A share of a file's parts, so that a large file can be checked a piece a night.

/// Which tensors of a file are checked.
public struct SkyqCheckSubset: Sendable, Equatable {
  private enum Share: Equatable {
    /// The `part`-th of `count` shares.
    case part(Int, of: Int)
    /// So many of a hundred.
    case percent(Double)
  }

  private let share: Share
  /// As it was given.
  public let text: String

  /// Everything.
  public static let whole = SkyqCheckSubset(.part(1, of: 1), "1/1")

  private init(_ share: Share, _ text: String) {
    self.share = share
    self.text = text
  }

  /// Reads `3/7`, the third of seven shares that together are the whole, or `5%`, always the same tensors, spread evenly
  /// over the file; nil for anything else.
  public init?(_ text: String) {
    if text.hasSuffix("%") {
      guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
      self.init(.percent(percent), text)
      return
    }
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let part = numbers[0], let count = numbers[1], count >= 1, (1...count).contains(part)
    else { return nil }
    self.init(.part(part, of: count), text)
  }

  /// The tensors of this share. At least one if there is any and the share is in percent.
  func selected(_ tensors: SkyqTensorList) -> [SkyqTensor] {
    switch share {
    case .part(let part, let count):
      return stride(from: part - 1, to: tensors.count, by: count).map { tensors[$0] }
    case .percent(let percent):
      let count = Int((Double(tensors.count) * percent / 100).rounded(.up))
      return (0..<count).map { tensors[$0 * tensors.count / count] }
    }
  }
}
