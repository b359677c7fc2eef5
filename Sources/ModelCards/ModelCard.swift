// A model card as model hubs read it: front matter in YAML, then text. The same values give the same bytes.
internal import Basics

/// A card.
public struct ModelCard: Sendable {
  /// The name of the file.
  public static let fileName = "README.md"
  /// What the card of the original is called where it goes along.
  public static let originalName = "README.original.md"

  private let facts: [(key: String, value: FrontMatter.Value)]
  private let body: [String]

  /// A card.
  /// - Parameters:
  ///   - facts: The front matter in its order; keys are plain words.
  ///   - body: Lines of Markdown.
  public init(_ facts: [(key: String, value: FrontMatter.Value)], body: [String]) {
    self.facts = facts
    self.body = body
  }

  /// The file, in UTF-8.
  public var bytes: [UInt8] {
    let front = facts.flatMap { key, value in
      switch value {
      case .text(let text): ["\(key): \(text.quotedInYAML)"]
      case .list(let texts): ["\(key):"] + texts.map { "- \($0.quotedInYAML)" }
      }
    }
    return Array((["---"] + front + ["---", ""] + body).joined(separator: "\n").utf8) + [UInt8(ascii: "\n")]
  }
}

extension String {
  /// A double-quoted scalar of YAML, whatever the text: never a number, a truth value, or the beginning of something else.
  var quotedInYAML: String {
    let escaped = escaping(
      as: { scalar in
        switch scalar {
        case "\"", "\\": return "\\" + String(scalar)
        default:
          let digits = String(scalar.value, radix: 16)
          return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
      }, where: { $0 == "\"" || $0 == "\\" || $0.isUnsafeToPrint })
    return "\"\(escaped)\""
  }

  /// Code in a line of Markdown, whatever the text: a name from a file ends neither the line nor the code.
  public var codeInMarkdown: String { "`\(displayed.replacing("`", with: "'").replacing("|", with: "¦"))`" }
}
