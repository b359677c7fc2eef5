// The templates of the models we read; each row names where it was taken from.

extension ChatTemplate {
  public static var allNames: [String] { all.map(\.name) }

  static let all = [
    internVL, hermes2, chatML, qwen, native, skyworkR1V, skyworkChatML("skywork-r1v2"), skyworkChatML("skywork-r1v3"),
    llama3,
    raw,
  ]

  /// The template to use when nobody names one.
  ///
  /// - Parameters:
  ///   - templateName: `template` of config.json, which wins.
  ///   - architecture: The first of config.json's `architectures`.
  ///   - vocabularyHas: Whether the tokenizer knows a token, for example `<|im_start|>`.
  /// - Returns: `none` if neither tells: then the question is the whole prompt.
  /// - Throws: `ChatTemplateError.unknownName`.
  public static func preferred(
    templateName: String?, architecture: String?, vocabularyHas: (String) -> Bool
  ) throws(ChatTemplateError) -> ChatTemplate {
    guard let templateName, !templateName.isEmpty else {
      return preferred(architecture: architecture, vocabularyHas: vocabularyHas)
    }
    return try ChatTemplate(named: templateName)
  }

  /// The same where config.json has no `template`.
  public static func preferred(architecture: String?, vocabularyHas: (String) -> Bool) -> ChatTemplate {
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

  /// The same file's `Hermes-2` (InternVL2-1B and -40B): ChatML without line breaks between the turns.
  private static let hermes2 = ChatTemplate(
    name: "Hermes-2",
    defaultSystemText: "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。",
    stopTokens: ["<|im_end|>"], system: chatMLFrame("system", after: "<|im_end|>"),
    user: chatMLFrame("user", after: "<|im_end|>"), assistant: chatMLFrame("assistant", after: "<|im_end|>"))

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
    ChatTemplate(
      name: name, defaultSystemText: system, stopTokens: stops, thinksByDefault: thinks, system: chatMLFrame("system"),
      user: chatMLFrame("user"), assistant: chatMLFrame("assistant"))
  }

  private static func chatMLFrame(_ role: String, after: String = "<|im_end|>\n") -> Frame {
    Frame(before: "<|im_start|>\(role)\n", after: after)
  }
}
