// What two tokenizers do differently, by what they mean and not by how their files are written.

/// One way in which a tokenizer is another one.
public struct TokenizerDifference: Sendable, Equatable {
  /// What is compared. Raw values are for people.
  public enum Aspect: String, Sendable {
    case vocabulary, merges, normalizer
    case addedTokens = "added tokens"
    case preTokenizer = "pre-tokenizer"
    case wholeWords = "whole words without merging"
    case beginToken = "begin token"
    case endToken = "end token"
    case addsBeginToken = "begin token before every text"

    /// Whether tokenizer_config.json decides it, where there is one.
    public var isOfConfig: Bool { [.beginToken, .endToken, .addsBeginToken].contains(self) }
  }

  public let aspect: Aspect
  /// What the reference has there, in words; the first of several differences.
  public let reference: String
  /// What this tokenizer has there.
  public let own: String
}

extension Tokenizer {
  /// What this tokenizer does otherwise than `reference`; nothing if every text becomes the same ids in both, and every id
  /// the same text. Which files a tokenizer was read from, and their order and spelling, do not matter.
  public func differences(from reference: Tokenizer) -> [TokenizerDifference] {
    let tokens = differingTokens(reference)
    return [
      tokens, tokens == nil ? differingMerges(reference) : nil, differingAddedTokens(reference),
      difference(.normalizer, reference) { $0.composesCanonically ? "NFC" : "none" },
      difference(.preTokenizer, reference) { $0.splitRules.map { "\($0)" }.joined(separator: ", ") },
      difference(.wholeWords, reference) { "\($0.encoder.ignoresMerges)" },
      difference(.beginToken, reference) { $0.spelled($0.beginTokenID) },
      difference(.endToken, reference) { $0.spelled($0.endTokenID) },
      difference(.addsBeginToken, reference) { "\($0.addsBeginTokenByDefault)" },
    ].compactMap(\.self)
  }

  private func difference(
    _ aspect: TokenizerDifference.Aspect, _ reference: Tokenizer, _ value: (Tokenizer) -> String
  ) -> TokenizerDifference? {
    let values = (value(reference), value(self))
    return values.0 == values.1
      ? nil : TokenizerDifference(aspect: aspect, reference: values.0, own: values.1)
  }

  private func spelled(_ id: Int?) -> String { id.map { "\(quoted(token($0) ?? "")), id \($0)" } ?? "none" }

  /// Ids that stand for another token, or for none in one of the two.
  private func differingTokens(_ reference: Tokenizer) -> TokenizerDifference? {
    let ids = (0..<max(vocabularySize, reference.vocabularySize)).filter {
      spelling(of: $0) != reference.spelling(of: $0)
    }
    guard let first = ids.first else { return nil }
    func named(_ tokenizer: Tokenizer) -> String {
      "id \(first) is \(tokenizer.token(first).map(quoted) ?? "no token")"
    }
    return TokenizerDifference(
      aspect: .vocabulary, reference: named(reference), own: named(self) + Self.more(ids.count, "ids"))
  }

  /// Merges by rank; they are by id, and so compared only if all ids stand for the same.
  private func differingMerges(_ reference: Tokenizer) -> TokenizerDifference? {
    let (mine, theirs) = (encoder.merges.ordered, reference.encoder.merges.ordered)
    let ranks = (0..<max(mine.count, theirs.count)).filter { rank in
      guard mine.indices.contains(rank), theirs.indices.contains(rank) else { return true }
      return mine[rank] != theirs[rank]
    }
    guard let first = ranks.first else { return nil }
    func named(_ list: [(left: Int, right: Int)]) -> String {
      guard list.indices.contains(first) else { return "\(list.count) merges" }
      return "merge \(first) is \(quoted(token(list[first].left) ?? "")) + \(quoted(token(list[first].right) ?? ""))"
    }
    return TokenizerDifference(
      aspect: .merges, reference: named(theirs), own: named(mine) + Self.more(ranks.count, "merges"))
  }

  /// Added tokens that are cut out of text in another way.
  private func differingAddedTokens(_ reference: Tokenizer) -> TokenizerDifference? {
    let ids = Set(addedTokens.keys).union(reference.addedTokens.keys).sorted().filter {
      addedTokens[$0] != reference.addedTokens[$0]
    }
    guard let first = ids.first else { return nil }
    func named(_ tokenizer: Tokenizer) -> String {
      "id \(first) is \(tokenizer.addedTokens[first]?.words ?? "not added")"
    }
    return TokenizerDifference(
      aspect: .addedTokens, reference: named(reference), own: named(self) + Self.more(ids.count, "ids"))
  }

  private static func more(_ count: Int, _ what: String) -> String {
    count > 1 ? " (and \(count - 1) more \(what))" : ""
  }
}

extension AddedToken {
  /// How it is found: `"<think>" (special)`.
  fileprivate var words: String {
    let flags = [
      (isSpecial, "special"), (stripsLeft, "lstrip"), (stripsRight, "rstrip"), (isNormalized, "normalized"),
      (isSingleWord, "single_word"),
    ].filter(\.0).map(\.1)
    return quoted(content) + (flags.isEmpty ? "" : " (\(flags.joined(separator: ", ")))")
  }
}
