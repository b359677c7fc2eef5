// The pre-tokenizer patterns of known models as hand-written scanners. A regular expression from a file is never
// run: nested quantifiers can hang an engine (huggingface/tokenizers#2060), and engines differ on \s and case.

/// How a text is cut into the pieces inside which bytes merge.
enum SplitRule: Hashable, Sendable {
  /// Qwen2 and Llama 3, which differ only in how many digits a piece may have:
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case words(digits: Int)
  /// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2Words
  /// Hugging Face's Digits: numbers apart from the rest, one by one or in runs.
  case digits(individually: Bool)

  /// Cuts a piece into smaller ones. Every scalar lands in exactly one.
  func split(_ range: Range<Int>, of text: ScalarText) -> [Range<Int>] {
    let scanner = PieceScanner(text: text, end: range.upperBound)
    var pieces: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = endOfPiece(at: start, scanner)
      pieces.append(start..<end)
      start = end
    }
    return pieces
  }

  private func endOfPiece(at start: Int, _ scanner: PieceScanner) -> Int {
    switch self {
    case .words(let digits): scanner.endOfWord(at: start, maximumDigits: digits)
    case .gpt2Words: scanner.endOfGPT2Word(at: start)
    case .digits(let individually): scanner.endOfDigits(at: start, individually: individually)
    }
  }
}

/// Finds where the piece that begins at a scalar ends. Each alternative of a pattern is one function, tried in the
/// pattern's order; what lies at or after `end` does not exist for look-ahead.
private struct PieceScanner {
  let text: ScalarText
  let end: Int

  func endOfWord(at start: Int, maximumDigits: Int) -> Int {
    contraction(at: start, ignoresCase: true)
      ?? prefixedLetters(at: start)
      ?? run(of: .number, from: start, atMost: maximumDigits)
      ?? symbols(at: start, takesLineBreaks: true)
      ?? whitespaceThroughLastLineBreak(at: start)
      ?? whitespace(at: start)
  }

  func endOfGPT2Word(at start: Int) -> Int {
    let body = text.scalars[start] == " " ? start + 1 : start
    return contraction(at: start, ignoresCase: false)
      ?? run(of: .letter, from: body)
      ?? run(of: .number, from: body)
      ?? symbols(at: start, takesLineBreaks: false)
      ?? whitespace(at: start)
  }

  func endOfDigits(at start: Int, individually: Bool) -> Int {
    if let digits = run(of: .number, from: start, atMost: individually ? 1 : .max) { return digits }
    return skip(from: start) { $0 != .number }
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private func contraction(at start: Int, ignoresCase: Bool) -> Int? {
    guard text.scalars[start] == "'", start + 1 < end else { return nil }
    let first = fold(text.scalars[start + 1], ignoresCase)
    if "stmd".unicodeScalars.contains(first) { return start + 2 }
    guard start + 2 < end else { return nil }
    switch (first, fold(text.scalars[start + 2], ignoresCase)) {
    case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
    default: return nil
    }
  }

  /// Unicode's simple case folding, as far as it reaches the letters of contractions: U+017F is a long s.
  private func fold(_ scalar: Unicode.Scalar, _ ignoresCase: Bool) -> Unicode.Scalar {
    guard ignoresCase else { return scalar }
    if scalar == "\u{17F}" { return "s" }
    return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
  }

  /// `[^\r\n\p{L}\p{N}]?\p{L}+`
  private func prefixedLetters(at start: Int) -> Int? {
    switch text.classes[start] {
    case .letter: run(of: .letter, from: start)
    case .space, .other: run(of: .letter, from: start + 1)
    case .number, .lineBreak: nil
    }
  }

  /// ` ?[^\s\p{L}\p{N}]+`, and `[\r\n]*` after it
  private func symbols(at start: Int, takesLineBreaks: Bool) -> Int? {
    let body = text.scalars[start] == " " ? start + 1 : start
    guard let symbols = run(of: .other, from: body) else { return nil }
    return takesLineBreaks ? skip(from: symbols) { $0 == .lineBreak } : symbols
  }

  /// `\s*[\r\n]+`: the greedy `\s*` gives back just enough for one line break, the last of the run.
  private func whitespaceThroughLastLineBreak(at start: Int) -> Int? {
    let limit = skip(from: start) { $0.isWhitespace }
    return text.classes[start..<limit].lastIndex(of: .lineBreak).map { $0 + 1 }
  }

  /// `\s+(?!\S)|\s+`: of a run before something else, the last whitespace is left for the next piece.
  private func whitespace(at start: Int) -> Int {
    let limit = skip(from: start) { $0.isWhitespace }
    return limit < end && limit - start > 1 ? limit - 1 : limit
  }

  /// The end of one or more scalars of a class; nil if there is none.
  private func run(of wanted: ScalarClass, from start: Int, atMost limit: Int = .max) -> Int? {
    let stop = skip(from: start, atMost: limit) { $0 == wanted }
    return stop > start ? stop : nil
  }

  private func skip(from start: Int, atMost limit: Int = .max, while holds: (ScalarClass) -> Bool) -> Int {
    let last = limit < end - start ? start + limit : end
    var index = start
    while index < last, holds(text.classes[index]) { index += 1 }
    return index
  }
}
