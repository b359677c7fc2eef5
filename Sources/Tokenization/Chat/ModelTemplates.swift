// The Jinja templates of conversations that a model brings along, wherever its files keep them.
internal import JSON
public import Storage

/// The Jinja templates of a model.
public struct ModelTemplates: Sendable, Equatable {
  /// The file that they stand in.
  public let file: String
  /// The one for ordinary conversations: the only one, or of several the one called default. Nil if none of several is.
  public let main: String?
  /// What the others are called, in the order of the file.
  public let otherNames: [String]

  /// Those in `files`; nil if there are none. transformers takes chat_template.jinja before chat_template.json before
  /// tokenizer_config.json.
  /// - Throws: `TokenizerError` for a file that is not UTF-8 or JSON; what reading the files throws.
  public init?(_ files: any NamedFiles) throws {
    let jinja = "chat_template.jinja"
    if let bytes = try JSONSection.bytes(of: jinja, in: files) {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TokenizerError.malformed(file: jinja, reason: "it is not UTF-8")
      }
      self.init(file: jinja, main: text, otherNames: [])
      return
    }
    for file in ["chat_template.json", "tokenizer_config.json"] {
      guard let value = try JSONSection(file: file, in: files)?.value("chat_template"),
        let found = ModelTemplates(value, file: file)
      else { continue }
      self = found
      return
    }
    return nil
  }

  private init(file: String, main: String?, otherNames: [String]) {
    self.file = file
    self.main = main
    self.otherNames = otherNames
  }

  /// A template, or a list of objects with `name` and `template`; nil for anything else.
  private init?(_ value: JSONValue, file: String) {
    if let text = value.stringValue {
      self.init(file: file, main: text, otherNames: [])
      return
    }
    let named = (value.arrayValue ?? []).compactMap { entry in
      entry["template"]?.stringValue.map { (name: entry["name"]?.stringValue ?? "", text: $0) }
    }
    guard !named.isEmpty else { return nil }
    let main = named.firstIndex { $0.name == "default" }
    self.init(
      file: file, main: main.map { named[$0].text },
      otherNames: named.indices.filter { $0 != main }.map { named[$0].name })
  }
}
