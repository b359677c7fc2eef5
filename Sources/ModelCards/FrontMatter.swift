// The front matter of a model card: YAML of which only what model hubs need is read. Whatever is not plainly understood
// is left out and named, since a half-understood licence is worse than none.

/// Values of keys at the top level of a card's front matter.
public struct FrontMatter: Sendable, Equatable {
  /// A value: one text, or a list of texts.
  public enum Value: Sendable, Equatable {
    case text(String)
    case list([String])

    /// The texts.
    public var texts: [String] {
      switch self {
      case .text(let text): [text]
      case .list(let texts): texts
      }
    }
  }

  /// By key; keys whose value says nothing are left out.
  public private(set) var values: [String: Value] = [:]
  /// Keys among those asked for whose value is not plainly understood, in the order of the file.
  public private(set) var unread: [String] = []

  /// More front matter than this is not looked at.
  private static let byteLimit = 64 << 10

  /// Reads `keys` of the front matter that `card` begins with. A card without any has no values.
  public init(of card: [UInt8], keys: Set<String>) {
    let start = String(decoding: card.prefix(Self.byteLimit), as: UTF8.self)
    let lines = start.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    guard lines.first.map(Self.isFence) == true else { return }
    guard let end = lines.dropFirst().firstIndex(where: { Self.isFence($0) || $0 == "..." }) else { return }
    var seen: Set<String> = []
    for (key, block) in Self.entries(lines[1..<end]) where keys.contains(key) {
      let value = seen.insert(key).inserted ? YAMLValue(block) : .unknown
      switch value {
      case .nothing: break
      case .value(let value) where values[key] == nil: values[key] = value
      default:
        // A key that stands there twice says nothing for sure.
        values[key] = nil
        if !unread.contains(key) { unread.append(key) }
      }
    }
  }

  private static func isFence(_ line: String) -> Bool {
    line.hasPrefix("---") && line.dropFirst(3).allSatisfy { $0 == " " || $0 == "\t" }
  }

  /// Keys at the top level, each with what stands behind its colon and the lines up to the next key.
  private static func entries(_ lines: ArraySlice<String>) -> [(key: String, block: [String])] {
    var entries: [(key: String, block: [String])] = []
    for line in lines {
      let isInner = line.first.map { " \t-#".contains($0) } ?? true
      if !isInner, let colon = line.firstIndex(of: ":") {
        let key = line[..<colon].trimmed.trimmingQuotes
        entries.append((key, [String(line[line.index(after: colon)...])]))
      } else if let last = entries.indices.last {
        entries[last].block.append(line)
      }
    }
    return entries
  }
}

extension StringProtocol {
  /// Without spaces and tabs at both ends.
  var trimmed: String {
    let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: blank).reversed().drop(while: blank).reversed())
  }
}

extension String {
  /// A quoted key as its letters.
  fileprivate var trimmingQuotes: String {
    for quote in ["\"", "'"] where count > 1 && hasPrefix(quote) && hasSuffix(quote) {
      return String(dropFirst().dropLast())
    }
    return self
  }
}
