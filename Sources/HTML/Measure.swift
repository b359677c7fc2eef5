// Numbers of a report on a page: each says which one it is, so that page and report can be held to each other.

extension HTMLNode {
  /// A number of the report, shown as `text`.
  /// - Parameters:
  ///   - key: Where the report for programs has it: `all.kl_divergence.mean`, `layers.3.relative_error`.
  ///   - value: What it has there.
  public static func measure(_ value: Double, at key: String, as text: String) -> HTMLNode {
    .element("span", [HTMLAttribute("class", "n")] + HTMLAttribute.measured(value, at: key), [.text(text)])
  }

  /// A count of the report.
  public static func count(_ value: Int, at key: String) -> HTMLNode {
    measure(Double(value), at: key, as: "\(value)")
  }

  /// Text that stands in a file, a question or an answer, as it stands there.
  public static func verbatim(_ text: String) -> HTMLNode { .tag("span", ["class": "verbatim"], [.text(text)]) }
}

extension HTMLAttribute {
  static let keyName = "data-key"

  /// Says of an element which number of the report it shows; one that is not finite is `null`, as there.
  static func measured(_ value: Double, at key: String) -> [HTMLAttribute] {
    [HTMLAttribute(keyName, key), HTMLAttribute("data-value", value.isFinite ? "\(value)" : "null")]
  }
}

extension HTMLNode {
  /// The same where the report is a part of another one: each number's key begins with `place`.
  public func measured(under place: String) -> HTMLNode {
    switch self {
    case .text: self
    case .sequence(let nodes): .sequence(nodes.map { $0.measured(under: place) })
    case .element(let name, let attributes, let children):
      .element(
        name, attributes.map { $0.name == HTMLAttribute.keyName ? HTMLAttribute($0.name, "\(place).\($0.value)") : $0 },
        children.map { $0.measured(under: place) })
    }
  }
}
