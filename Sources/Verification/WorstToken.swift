// Where two models differ most, in words.

/// A position with a large divergence, and the text around it.
public struct WorstToken: Sendable, Equatable {
  /// The sample that it belongs to, counted from 1.
  public var sample: Int
  /// Its number in the sample, counted from 0.
  public var position: Int
  /// The part of the prompt that it belongs to.
  public var tokenClass: TokenClass
  /// KL divergence in nats.
  public var divergence: Double
  /// The text that ends with the position's token.
  public var context: String
  /// The token that follows in the sample; nil at its end.
  public var next: String?
  /// The token that the reference ranks first.
  public var referenceChoice: String
  /// The token that the quantized model ranks first.
  public var quantizedChoice: String

  /// A position; see the properties.
  public init(
    _ token: TokenStatistics, context: String, next: String?, referenceChoice: String, quantizedChoice: String
  ) {
    sample = token.sample + 1
    position = token.position
    tokenClass = token.tokenClass
    divergence = token.divergence
    self.context = context
    self.next = next
    self.referenceChoice = referenceChoice
    self.quantizedChoice = quantizedChoice
  }
}

extension ComparisonResult {
  /// The `count` positions of text with the largest divergence, the largest first; of equals the first.
  ///
  /// Positions of pictures are left out, since no text says what they stand for. NaN counts as infinite.
  public func worstTokens(_ count: Int) -> [TokenStatistics] {
    func rank(_ token: TokenStatistics) -> Double { token.divergence.isNaN ? .infinity : token.divergence }
    let text = tokens.enumerated().filter { $0.element.tokenClass != .image }
    let order = text.sorted { (rank($1.element), $0.offset) < (rank($0.element), $1.offset) }
    return order.prefix(count).map(\.element)
  }
}
