// A page as another program reads it: a strict parser of XML, which stops at the first character out of place.
public import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a page holds.
public struct ParsedPage {
  /// Numbers that say which of the report they are, and the value that they say the report has.
  public fileprivate(set) var measures: [(key: String, value: String)] = []
  /// Text with digits that is neither such a number nor marked as somebody's words.
  public fileprivate(set) var strayNumbers: [String] = []
  /// How often each element is there.
  public fileprivate(set) var elements: [String: Int] = [:]
  /// All attributes, as `name=value`.
  public fileprivate(set) var attributes: [String] = []
  /// All text outside of styles.
  public fileprivate(set) var text = ""

  /// Parses a page; nil if it is not well-formed.
  public init?(_ bytes: Data) {
    let reader = Reader()
    let parser = XMLParser(data: bytes)
    parser.delegate = reader
    guard parser.parse() else { return nil }
    self = reader.page
  }

  fileprivate init() {}
}

private final class Reader: NSObject, XMLParserDelegate {
  var page = ParsedPage()
  /// Of each open element: its name, and whether digits in it are accounted for.
  private var open: [(name: String, mayCount: Bool)] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    page.elements[name, default: 0] += 1
    page.attributes += attributes.map { "\($0.key)=\($0.value)" }
    let key = attributes["data-key"], classes = (attributes["class"] ?? "").split(separator: " ")
    if let key { page.measures.append((key, attributes["data-value"] ?? "")) }
    let isMarked = key != nil || classes.contains("verbatim") || classes.contains("label")
    // A pointer on a mark shows its title; heads of tables name metrics.
    let isNamed = ["title", "style", "thead"].contains(name)
    open.append((name, isMarked || isNamed || open.last?.mayCount == true))
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if open.last?.name != "style" { page.text += text }
    if open.last?.mayCount != true, text.contains(where: \.isNumber) { page.strayNumbers.append(text) }
  }
}
