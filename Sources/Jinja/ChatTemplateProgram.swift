// The door of the module: a model's `chat_template`, evaluated as transformers evaluates it.
public import JSON

/// A chat template that has been parsed, to be rendered for any number of conversations.
///
/// ```swift
/// let template = try ChatTemplateProgram(parsing: "{% for m in messages %}<{{ m.role }}> {{ m.content }}{% endfor %}")
/// try template.render(messages: [["role": "user", "content": "Hi"]])  // <user> Hi
/// ```
///
/// Evaluation is that of transformers' `apply_chat_template`: jinja2 with `trim_blocks` and `lstrip_blocks`,
/// lists and dictionaries that cannot be changed, and the functions `raise_exception` and `strftime_now`. A
/// template can do nothing but compute a text from what it is given, within `JinjaLimits`.
/// Formats/chat-templates.md says what is left out.
public struct ChatTemplateProgram: Sendable {
  private let template: ParsedTemplate
  private let limits: JinjaLimits

  /// Parses a template.
  /// - Throws: `JinjaError`: `.syntax` where jinja2 refuses it too, `.unsupported` where this subset ends,
  ///   `.limit` for a text that is too long or nested too deep.
  public init(parsing source: String, limits: JinjaLimits = JinjaLimits()) throws(JinjaError) {
    template = try TemplateParser.parse(source, limits: limits)
    self.limits = limits
  }

  /// The prompt for a conversation.
  ///
  /// - Parameters:
  ///   - messages: Objects with `role`, `content` and what else the template reads. As in transformers 5.24,
  ///     members that are null are left out, and reasoning is found as `reasoning_content` and as `thinking`.
  ///   - tools: JSON schemas of functions; nil for none.
  ///   - documents: For retrieval; nil for none.
  ///   - addGenerationPrompt: Whether the text ends where the model's answer begins.
  ///   - variables: Other variables, such as `bos_token` and `enable_thinking`. The parameters above win.
  ///   - date: What `strftime_now` prints. Without one, a template that calls it is an error.
  /// - Throws: `JinjaError` if the template refuses the conversation, uses what this subset leaves out, fails,
  ///   or reaches a limit.
  public func render(
    messages: [JSONValue], tools: [JSONValue]? = nil, documents: [JSONValue]? = nil,
    addGenerationPrompt: Bool = false, variables: JSONObject = JSONObject(), date: TemplateDate? = nil
  ) throws(JinjaError) -> String {
    var variables = variables
    variables["messages"] = .array(messages.map(\.asChatMessage))
    variables["tools"] = tools.map(JSONValue.array) ?? .null
    variables["documents"] = documents.map(JSONValue.array) ?? .null
    variables["add_generation_prompt"] = .bool(addGenerationPrompt)
    return try render(variables: variables, date: date)
  }

  /// The text for exactly these variables.
  /// - Throws: As `render(messages:…)`.
  public func render(variables: JSONObject, date: TemplateDate? = nil) throws(JinjaError) -> String {
    let context = try ValueDictionary(variables, limits: limits)
    var renderer = Renderer(scopes: template.scopes, context: context, date: date, limits: limits)
    return try renderer.render(template.root).string
  }
}

extension JSONValue {
  /// A message as transformers hands it to a template.
  fileprivate var asChatMessage: JSONValue {
    guard case .object(let message) = self else { return self }
    let reasoning = ["reasoning_content", "thinking", "reasoning"].lazy.compactMap { message[$0] }.first {
      !$0.isNull
    }
    var result = JSONObject()
    if let reasoning { result["thinking"] = reasoning }
    for (key, value) in message.members where !value.isNull { result[key] = value }
    if let reasoning { result["reasoning_content"] = reasoning }
    return .object(result)
  }
}
