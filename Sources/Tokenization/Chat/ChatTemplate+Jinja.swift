// A known template as a Jinja text, for programs that carry templates inside their files.

extension ChatTemplate {
  /// A Jinja template that writes what `render` writes, for messages whose contents are texts; pictures stand
  /// in them as the program that runs it writes them.
  /// - Parameter system: The system text of conversations that bring none; nil for the template's own.
  public func jinja(system text: String? = nil) -> String {
    let content = "message['content']" + (trimsTexts ? " | trim" : "")
    func turn(_ frame: Frame) -> String {
      "{{ \(Self.literal(frame.before)) + (\(content)) + \(Self.literal(frame.after)) }}"
    }
    let preset = (text ?? defaultSystemText).map { system.around(trimsTexts ? Self.trimmed($0) : $0) }
    let first = preset.map { "{% if loop.first and message['role'] != 'system' %}{{ \(Self.literal($0)) }}{% endif %}" }
    let start = Self.literal(assistant.before + (thinksByDefault ? Self.thinkPrefix : ""))
    return (opening.isEmpty ? "" : "{{ \(Self.literal(opening)) }}") + "{% for message in messages %}" + (first ?? "")
      + "{% if message['role'] == 'system' %}" + turn(self.system) + "{% elif message['role'] == 'user' %}" + turn(user)
      + "{% else %}" + turn(assistant) + "{% endif %}{% endfor %}"
      + "{% if add_generation_prompt %}{{ \(start) }}{% endif %}"
  }

  /// A Jinja string with this text.
  private static func literal(_ text: String) -> String {
    let escapes: [Unicode.Scalar: String] = ["\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
    return "'" + text.unicodeScalars.map { escapes[$0] ?? String($0) }.joined() + "'"
  }
}
