// Pages as values. They are written so that parsers of HTML and of XML read the same, and no text becomes markup.
internal import Basics

/// A piece of a page.
public indirect enum HTMLNode: Sendable, Equatable {
  /// Characters, whatever they are.
  case text(String)
  /// An element, its attributes in order, and what is in it.
  case element(String, [HTMLAttribute], [HTMLNode])
  /// Several pieces, one after the other.
  case sequence([HTMLNode])
}

/// An attribute of an element.
public struct HTMLAttribute: Sendable, Equatable {
  let name: String
  let value: String

  /// `name="value"`; the name is one of HTML's or SVG's, the value any text.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension HTMLNode: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral {
  /// Text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// Pieces, one after the other.
  public init(arrayLiteral elements: HTMLNode...) { self = .sequence(elements) }
}

extension HTMLNode {
  /// An element.
  public static func tag(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [HTMLNode] = []
  ) -> HTMLNode {
    .element(name, attributes.map { HTMLAttribute($0.key, $0.value) }, children)
  }

  /// Elements without a closing tag: in HTML because it knows none for them, in SVG because they may.
  private static let closedAtOnce: Set = ["meta", "img", "br", "rect", "line", "circle", "polyline"]

  /// The markup.
  public var markup: String {
    var text = ""
    write(into: &text)
    return text
  }

  func write(into page: inout String) {
    switch self {
    case .text(let text): page += text.inMarkup
    case .sequence(let nodes): for node in nodes { node.write(into: &page) }
    case .element(let name, let attributes, let children):
      page += "<\(name)"
      for attribute in attributes { page += " \(attribute.name)=\"\(attribute.value.inMarkup)\"" }
      if children.isEmpty, Self.closedAtOnce.contains(name) {
        page += "/>"
        return
      }
      page += ">"
      for child in children { child.write(into: &page) }
      page += "</\(name)>"
    }
  }
}

extension String {
  /// The text as character data or a quoted value. What no page may hold, and what changes how others are read, is written
  /// as `\u{1b}`.
  fileprivate var inMarkup: String {
    var result = ""
    for scalar in escaping(where: { $0.isUnsafeInMarkup }).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  fileprivate var isUnsafeInMarkup: Bool {
    if self == "\n" || self == "\t" { return false }
    return isUnsafeToPrint || (0xFFFE...0xFFFF).contains(value & 0xFFFF)
  }
}
