// From a row to an ordered list of texts and pictures. Prompt strings are protocol constants: a changed space
// is a changed prompt.

/// A piece of what a model is asked.
public enum PromptPart: Sendable, Equatable {
  /// Text.
  case text(String)
  /// The row's picture of this number, counted from 0.
  case picture(Int)
}

/// How a benchmark words its questions.
public struct PromptTemplate: Sendable {
  /// A piece of a prompt.
  public indirect enum Piece: Sendable {
    /// This text.
    case text(String)
    /// A column's cell, or other text if it is missing.
    case cell(String, ifMissing: String = "")
    /// A column's cell as a whole number: `3.0` is 3. Nothing if it is none.
    case wholeNumber(String, before: String, after: String)
    /// A line for each option: letter, separator, text.
    case options(separator: String)
    /// Pieces that appear only if the row has options.
    case ifOptions([Piece], else: [Piece] = [])
    /// Pieces that appear only if a cell is there.
    case ifCell(String, [Piece])
    /// Pieces that depend on a cell's text.
    case ifEqual(String, to: String, [Piece], else: [Piece])
  }

  /// A system message instead of the model's own, if the benchmark brings one.
  public var system: String?
  /// The question.
  public var body: [Piece]
  /// What is asked for as an answer; a user may give other text for it.
  public var instruction: [Piece]
  /// Whether `<image 1>` … `<image 9>` in the text say where pictures belong.
  public var isInterleaved: Bool

  /// A template.
  public init(_ body: [Piece], instruction: [Piece] = [], isInterleaved: Bool = false, system: String? = nil) {
    self.body = body
    self.instruction = instruction
    self.isInterleaved = isInterleaved
    self.system = system
  }

  /// The prompt of a row with so many pictures. By default all pictures come first, in order, then one text.
  /// With interleaving and at least one tag, texts and pictures stand in the text's order; pictures without a
  /// tag are dropped, one with two tags is shown twice, and an empty text in front is kept.
  /// - Parameter instruction: Takes the place of the template's own.
  /// - Throws: `BenchmarkError.row` for a tag without its picture.
  public func parts(
    for row: BenchmarkRow, pictures: Int, instruction: String? = nil
  ) throws(BenchmarkError) -> [PromptPart] {
    let ending = instruction ?? text(self.instruction, row)
    let text = text(body, row) + ending
    if isInterleaved, let parts = try interleaved(text, row, pictures: pictures) { return parts }
    return (0..<pictures).map(PromptPart.picture) + [.text(text)]
  }

  /// Nil if the text has no tag.
  private func interleaved(_ text: String, _ row: BenchmarkRow, pictures: Int) throws(BenchmarkError) -> [PromptPart]? {
    let opening = "<image "
    let segments = text.components(separatedBy: opening)
    guard segments.count > 1 else { return nil }
    var parts: [PromptPart] = [.text(segments[0])]
    for segment in segments.dropFirst() {
      let scalars = segment.unicodeScalars.prefix(2).map(\.value)
      guard scalars.count == 2, scalars[1] == 0x3E, (0x31...0x39).contains(scalars[0]),
        Int(scalars[0] - 0x30) <= pictures
      else { throw row.fault(.pictureTag(opening + String(segment.prefix(3)), pictures: pictures)) }
      parts.append(.picture(Int(scalars[0] - 0x31)))
      parts.append(.text(String(segment.unicodeScalars.dropFirst(2))))
    }
    return parts
  }

  private func text(_ pieces: [Piece], _ row: BenchmarkRow) -> String {
    pieces.map { text($0, row) }.joined()
  }

  private func text(_ piece: Piece, _ row: BenchmarkRow) -> String {
    switch piece {
    case .text(let text): text
    case .cell(let column, let missing): row[column] ?? missing
    case .wholeNumber(let column, let before, let after): row.wholeNumber(column).map { before + $0 + after } ?? ""
    case .options(let separator): row.options.map { "\($0.letter)\(separator)\($0.text)\n" }.joined()
    case .ifOptions(let pieces, let otherwise): text(row.options.isEmpty ? otherwise : pieces, row)
    case .ifCell(let column, let pieces): row[column] == nil ? "" : text(pieces, row)
    case .ifEqual(let column, let value, let pieces, let otherwise):
      text(row[column] == value ? pieces : otherwise, row)
    }
  }
}

extension BenchmarkRow {
  /// A cell as a whole number, `3.0` as `3`; nil if it is none or zero.
  fileprivate func wholeNumber(_ column: String) -> String? {
    guard let value = self[column].flatMap({ Double($0) }), let whole = Int(exactly: value.rounded(.towardZero)),
      whole != 0
    else { return nil }
    return String(whole)
  }
}
