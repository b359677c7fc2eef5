// A tokenizer as a list, for formats that carry the tokenizer inside.
public import Storage

/// Everything of a byte-level BPE tokenizer by id and rank.
public struct VocabularyListing: Sendable {
  /// What a token is for.
  public enum Kind: Sendable {
    /// A piece of text, spelled in the GPT-2 alphabet.
    case normal
    /// A special token such as `<|im_start|>`, by its content.
    case special
    /// An added token that is text, by its content.
    case added
  }

  /// The pre-tokenizers that are read.
  public enum Splitting: Sendable, Equatable {
    case qwen2, llama3, gpt2
    /// GPT-2's, after digits were taken apart one by one.
    case gpt2WithSingleDigits
  }

  /// The token of each id; nil where there is none.
  public let tokens: [(text: String, kind: Kind)?]
  /// Pairs of spellings with a space between, the first merged first.
  public let merges: [String]
  /// How text is cut before bytes merge; nil for a sequence of rules that has no name.
  public let splitting: Splitting?
  /// The token that some models expect before every text.
  public let beginTokenID: Int?
  /// The token after which a model stops.
  public let endTokenID: Int?
  /// The token that fills up batches.
  public let paddingTokenID: Int?
  /// The token for what has none.
  public let unknownTokenID: Int?
  /// Whether the begin token comes before every text.
  public let addsBeginToken: Bool

  /// Reads the tokenizer's files; see `Tokenizer.init(files:)`.
  /// - Throws: `TokenizerError`, or what `files` throws.
  public init(files: any NamedFiles) throws {
    let definition = try TokenizerDefinition(files: files)
    let count = max(definition.vocabulary.count, (definition.addedTokens.map(\.id).max() ?? -1) + 1)
    var tokens: [(text: String, kind: Kind)?] = (0..<count).map { id in
      definition.vocabulary.spelling(of: id).map { ($0.text, .normal) }
    }
    for token in definition.addedTokens { tokens[token.id] = (token.content, token.isSpecial ? .special : .added) }
    self.tokens = tokens
    merges = definition.merges.ordered.map { left, right in
      [left, right].map { definition.vocabulary.spelling(of: $0)?.text ?? "" }.joined(separator: " ")
    }
    splitting = Splitting(definition.splitRules)
    beginTokenID = definition.beginToken
    endTokenID = definition.endToken
    paddingTokenID = definition.paddingToken
    unknownTokenID = definition.unknownToken
    addsBeginToken = definition.addsBeginToken
  }
}

extension VocabularyListing.Splitting {
  fileprivate init?(_ rules: [SplitRule]) {
    switch rules {
    case [.words(digits: 1)]: self = .qwen2
    case [.words(digits: 3)]: self = .llama3
    case [.gpt2Words]: self = .gpt2
    case [.digits(individually: true), .gpt2Words]: self = .gpt2WithSingleDigits
    default: return nil
    }
  }
}
