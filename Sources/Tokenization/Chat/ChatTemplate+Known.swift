// The templates of the models we read; each row names where it was taken from. And the Jinja template that a
// model brings along, which other programs run.
import JSON
public import Storage

extension ChatTemplate {
  public static var allNames: [String] { all.map(\.name) }

  static let all = [
    internVL, chatML, qwen, native, skyworkR1V, skyworkChatML("skywork-r1v2"), skyworkChatML("skywork-r1v3"), llama3,
    raw,
  ]

  /// The template to use when nobody names one.
  ///
  /// - Parameters:
  ///   - templateName: `template` of config.json, which wins if it is known.
  ///   - architecture: The first of config.json's `architectures`.
  ///   - vocabularyHas: Whether the tokenizer knows a token, for example `<|im_start|>`.
  /// - Returns: `none` if neither tells: then the question is the whole prompt.
  public static func preferred(
    templateName: String?, architecture: String?, vocabularyHas: (String) -> Bool
  ) -> ChatTemplate {
    if let known = all.first(where: { $0.name == templateName }) { return known }
    if vocabularyHas("<｜User｜>") { return skyworkR1V }
    if vocabularyHas("<|start_header_id|>") { return llama3 }
    guard vocabularyHas("<|im_start|>") else { return raw }
    switch architecture {
    case "InternVLChatModel": return internVL
    case "InternVLForConditionalGeneration": return native
    case "Qwen2ForCausalLM": return qwen
    case let name? where name.hasPrefix("Skywork"): return skyworkChatML("skywork-r1v3")
    default: return chatML
    }
  }

  /// OpenGVLab/InternVL, conversation.py, `internvl2_5`. The system block is there even if its text is empty.
  private static let internVL = chatML(
    "internvl2_5",
    system: "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
    stops: ["<|im_end|>"])

  /// ChatML without a system text of its own.
  private static let chatML = chatML("chatml")

  /// The chat_template of Qwen2.5 and of InternVL3's tokenizer_config.json.
  private static let qwen = chatML(
    "jinja-qwen", system: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")

  /// The chat_template of OpenGVLab's "-hf" repositories, which has no system text of its own.
  private static let native = chatML("hf-native")

  /// Skywork-R1V-38B: DeepSeek's template with a line break after `<｜User｜>`.
  /// Source: SkyworkAI/Skywork-R1V d8ba75d, inference_with_vllm.py.
  private static let skyworkR1V = ChatTemplate(
    name: "skywork-r1v", stopTokens: ["<｜end▁of▁sentence｜>", "<|endoftext|>"], thinksByDefault: true,
    opening: "<｜begin▁of▁sentence｜>", system: Frame(before: "", after: ""),
    user: Frame(before: "<｜User｜>\n", after: ""),
    assistant: Frame(before: "<｜Assistant｜>", after: "<｜end▁of▁sentence｜>"))

  /// Skywork-R1V2-38B and -R1V3-38B: ChatML that thinks. Source: SkyworkAI/Skywork-R1V#40; their system texts are
  /// unknown, so there is none.
  private static func skyworkChatML(_ name: String) -> ChatTemplate { chatML(name, thinks: true) }

  /// Meta's Llama 3 instruct models.
  private static let llama3 = ChatTemplate(
    name: "llama-3", stopTokens: ["<|eot_id|>", "<|end_of_text|>"], opening: "<|begin_of_text|>",
    system: llama3Frame("system"), user: llama3Frame("user"), assistant: llama3Frame("assistant"), trimsTexts: true)

  private static func llama3Frame(_ role: String) -> Frame {
    Frame(before: "<|start_header_id|>\(role)<|end_header_id|>\n\n", after: "<|eot_id|>")
  }

  /// No template: the text as it is, for models that were never taught to chat.
  private static let raw = ChatTemplate(
    name: "none", stopTokens: ["<|endoftext|>"], system: Frame(before: "", after: ""),
    user: Frame(before: "", after: ""), assistant: Frame(before: "", after: ""))

  private static func chatML(
    _ name: String, system: String? = nil, stops: [String] = ["<|im_end|>", "<|endoftext|>"], thinks: Bool = false
  ) -> ChatTemplate {
    func frame(_ role: String) -> Frame { Frame(before: "<|im_start|>\(role)\n", after: "<|im_end|>\n") }
    return ChatTemplate(
      name: name, defaultSystemText: system, stopTokens: stops, thinksByDefault: thinks, system: frame("system"),
      user: frame("user"), assistant: frame("assistant"))
  }
}

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
