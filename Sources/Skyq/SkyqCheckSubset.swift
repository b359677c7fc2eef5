// A share of a file's parts, so that a large file can be checked a piece a night.

/// The `part`-th of `count` shares; the shares together are the whole.
public struct SkyqCheckSubset: Sendable, Equatable {
  /// 1...count.
  public let part: Int
  /// At least 1.
  public let count: Int

  /// Everything.
  public static let whole = SkyqCheckSubset(part: 1, count: 1)

  private init(part: Int, count: Int) {
    self.part = part
    self.count = count
  }

  /// Reads `3/7`; nil for anything that is not a share.
  public init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let part = numbers[0], let count = numbers[1], count >= 1, (1...count).contains(part)
    else { return nil }
    self.init(part: part, count: count)
  }

  /// The tensors of this share: every `count`-th.
  func selected(_ tensors: [SkyqTensor]) -> [SkyqTensor] {
    stride(from: part - 1, to: tensors.count, by: count).map { tensors[$0] }
  }
}
