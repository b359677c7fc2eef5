// Prompts that are read together, and what is known of them before: where a prompt begins like another one, keys and
// values of these tokens are the same, bit by bit, and are copied.
internal import ModelConfig
internal import Tensors

/// First tokens of a prompt whose keys and values another sequence has.
struct KnownPrefix: Sendable {
  /// Who has them.
  enum Owner: Sendable {
    /// A sequence that was read before.
    case read(KVCache)
    /// One that is read along, by its place in the group: an earlier one.
    case readAlong(Int)
  }

  let owner: Owner
  /// How many tokens.
  let tokens: Int
}

/// Prompts that are read together.
struct PromptGroup: Sendable {
  var sequences: [ActiveSequence] = []
  /// For each sequence what is known of its prompt; nil if nothing is.
  private(set) var prefixes: [KnownPrefix?] = []

  /// For each prompt the tokens that go through the layers.
  var rowCounts: [Int] { zip(sequences, prefixes).map { $0.prompt.rowCount - ($1?.tokens ?? 0) } }
  /// All of them.
  private(set) var rowCount = 0

  /// One more prompt, with what `prefix` has found.
  mutating func add(_ sequence: ActiveSequence, _ prefix: KnownPrefix?) {
    sequences.append(sequence)
    prefixes.append(prefix)
    rowCount += sequence.prompt.rowCount - (prefix?.tokens ?? 0)
  }

  /// The longest beginning of a prompt that a sequence of this group or of `known` has; nil if there is none. The last
  /// token is no part of it, since the scores of what follows are made from its way through the layers.
  /// - Parameter prompt: `[tokens, hidden]`.
  func prefix(of prompt: Tensor, beside known: [ActiveSequence], _ config: TextConfig) -> KnownPrefix? {
    let most = prompt.rowCount - 1, frequencies = config.rotaryFrequencies(length: prompt.rowCount)
    var best: (place: Int, tokens: Int)?
    // Questions about the same picture often follow one another, so the last ones come first.
    for (place, other) in (known + sequences).enumerated().reversed() {
      let found = best?.tokens ?? 0
      // Most others differ in the first row that would be new.
      guard found < min(most, other.prompt.rowCount), prompt.commonRows(other.prompt, in: found..<found + 1) == 1 else {
        continue
      }
      let tokens = prompt.commonRows(other.prompt, in: 0..<min(most, other.prompt.rowCount))
      // Dynamic scaling rotates keys by the length of the whole prompt.
      let isRotatedAlike = config.rotaryFrequencies(length: other.prompt.rowCount) == frequencies
      if tokens > found, isRotatedAlike { best = (place, tokens) }
    }
    return best.map { best in
      let isRead = best.place < known.count
      return KnownPrefix(
        owner: isRead ? .read(known[best.place].cache) : .readAlong(best.place - known.count), tokens: best.tokens)
    }
  }
}

extension Tensor {
  /// How many rows from the first of `rows` on are the same in another tensor of equal width, bit by bit.
  fileprivate func commonRows(_ other: Tensor, in rows: Range<Int>) -> Int {
    let start = rows.lowerBound * rowWidth, end = rows.upperBound * rowWidth
    let mine = values.span, theirs = other.values.span
    var index = start
    while index < end, mine[index].bitPattern == theirs[index].bitPattern { index += 1 }
    return (index - start) / max(1, rowWidth)
  }
}
