// The conversation template that other programs run. This one has its own, see ChatTemplate.
internal import JSON
public import Storage

extension NamedFiles {
  /// The Jinja template of a model's conversations, wherever its files keep it: transformers takes chat_template.jinja
  /// before chat_template.json before tokenizer_config.json. Nil if there is none, or one that is not UTF-8; of several in
  /// tokenizer_config.json, the one called default.
  /// - Throws: `JSONError`, or what reading the files throws.
  public func jinjaTemplate() throws -> String? {
    if let bytes = try bytes(of: "chat_template.jinja") { return String(validating: bytes, as: UTF8.self) }
    for file in ["chat_template.json", "tokenizer_config.json"] {
      guard let bytes = try bytes(of: file), let value = try JSONValue(parsing: bytes)["chat_template"] else {
        continue
      }
      let named = value.arrayValue?.first { $0["name"]?.stringValue == "default" }?["template"]
      if let template = value.stringValue ?? named?.stringValue { return template }
    }
    return nil
  }
}
