// From texts and pictures to the one string that a chat template takes.

/// How parts become one string with `<image>` where a picture goes.
public enum PromptLayout: String, Sendable, CaseIterable {
  /// As vLLM's server does for a template that takes plain text, so as the authors' table was made: texts
  /// joined by line ends, and all placeholders that they lack in front, one a line.
  case front
  /// Placeholders where the pictures are; parts joined by line ends.
  case interleave
  /// As VLMEvalKit's InternVL class does: one picture in front of the texts; several numbered in front, and
  /// mentioned by number where they are, unless all of them are mentioned side by side.
  case internvl

  /// The placeholder of a picture.
  public static let placeholder = "<image>"

  /// The string, and the row's pictures in the order of its placeholders.
  /// - Throws: `BenchmarkError.row` if the string has another number of placeholders than pictures, which
  ///   happens when a cell holds the text `<image>`.
  public func render(_ parts: [PromptPart], of row: BenchmarkRow) throws(BenchmarkError) -> RenderedPrompt {
    let pictures = parts.compactMap { part in if case .picture(let number) = part { number } else { nil } }
    let texts = parts.compactMap { part in if case .text(let text) = part { text } else { nil } }
    let text =
      switch self {
      case .front: front(texts, pictures.count)
      case .interleave: parts.map { $0.text ?? Self.placeholder }.joined(separator: "\n")
      case .internvl where pictures.count == 1: Self.placeholder + "\n" + texts.joined(separator: "\n")
      case .internvl: numbered(parts, pictures.count)
      }
    let found = text.count(of: Self.placeholder)
    guard found == pictures.count else {
      throw row.fault(.placeholders(found: found, pictures: pictures.count))
    }
    return RenderedPrompt(text: text, pictures: pictures)
  }

  private func front(_ texts: [String], _ count: Int) -> String {
    let text = texts.joined(separator: "\n")
    let lacking = max(0, count - text.count(of: Self.placeholder))
    return (Array(repeating: Self.placeholder, count: lacking) + [text]).joined(separator: "\n")
  }

  private func numbered(_ parts: [PromptPart], _ count: Int) -> String {
    var mentions = (1...max(1, count)).map { "<Image-\($0)>" }.prefix(count)[...]
    let run = mentions.joined()
    let text = parts.map { $0.text ?? mentions.popFirst() ?? "" }.joined()
    let heading = (0..<count).map { "Image-\($0 + 1): \(Self.placeholder)\n" }.joined()
    return run.isEmpty ? text : (heading + text).components(separatedBy: run).joined()
  }
}

/// A prompt as a chat template takes it.
public struct RenderedPrompt: Sendable, Equatable {
  /// Text with placeholders.
  public let text: String
  /// For each placeholder in order the number of the row's picture, counted from 0.
  public let pictures: [Int]
}

extension PromptPart {
  fileprivate var text: String? { if case .text(let text) = self { text } else { nil } }
}
