// Prompts against the texts of the models' authors.
import JSON
import Jinja
import Testing
import Tokenization

@Suite("ChatTemplate")
struct ChatTemplateTests {
  private static let internVL =
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"

  @Test(
    "One question without a system text, as each author writes it",
    arguments: [
      (
        "internvl2_5",
        "<|im_start|>system\n\(internVL)<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"
      ),
      (
        "Hermes-2",
        "<|im_start|>system\n你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。"
          + "<|im_end|><|im_start|>user\nQ<|im_end|><|im_start|>assistant\n"
      ),
      ("chatml", "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"),
      (
        "jinja-qwen",
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
          + "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"
      ),
      ("hf-native", "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"),
      ("skywork-r1v", "<｜begin▁of▁sentence｜><｜User｜>\nQ<｜Assistant｜><think>\n"),
      ("skywork-r1v2", "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<think>\n"),
      ("skywork-r1v3", "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<think>\n"),
      (
        "llama-3",
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|>"
          + "<|start_header_id|>assistant<|end_header_id|>\n\n"
      ),
      ("none", "Q"),
    ])
  func rendersAQuestion(name: String, prompt: String) throws {
    #expect(try scalars(ChatTemplate(named: name).render(question: "Q")) == scalars(prompt))
    #expect(ChatTemplate.allNames.contains(name))
  }

  @Test(
    "A system text goes where each author puts it",
    arguments: [
      ("internvl2_5", "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"),
      ("chatml", "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"),
      ("skywork-r1v", "<｜begin▁of▁sentence｜>S<｜User｜>\nQ<｜Assistant｜><think>\n"),
      (
        "llama-3",
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|>"
          + "<|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
      ),
    ])
  func rendersASystemText(name: String, prompt: String) throws {
    #expect(try scalars(ChatTemplate(named: name).render(system: "S", question: "Q")) == scalars(prompt))
  }

  @Test("An empty system text leaves an empty system block")
  func keepsTheEmptyBlock() throws {
    let prompt = try ChatTemplate(named: "internvl2_5").render(system: "", question: "Q")
    #expect(prompt.hasPrefix("<|im_start|>system\n<|im_end|>\n<|im_start|>user\n"))
  }

  @Test("The think prefix can be turned on and off", arguments: ChatTemplate.allNames)
  func followsTheThinkOption(name: String) throws {
    let template = try ChatTemplate(named: name)
    #expect(try template.render(question: "Q", thinks: true).hasSuffix("<think>\n"))
    #expect(try !template.render(question: "Q", thinks: false).hasSuffix("<think>\n"))
  }

  @Test("Earlier answers are closed before the next question")
  func rendersAConversation() throws {
    let messages = [ChatMessage(.user, "Q"), ChatMessage(.assistant, "A"), ChatMessage(.user, "R")]
    #expect(
      try ChatTemplate(named: "chatml").render(messages: messages)
        == "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\nR<|im_end|>\n"
        + "<|im_start|>assistant\n")
    #expect(
      try ChatTemplate(named: "skywork-r1v").render(messages: messages, thinks: false)
        == "<｜begin▁of▁sentence｜><｜User｜>\nQ<｜Assistant｜>A<｜end▁of▁sentence｜><｜User｜>\nR<｜Assistant｜>")
  }

  @Test("Llama 3 takes the whitespace around a text away")
  func trimsForLlama() throws {
    #expect(try ChatTemplate(named: "llama-3").render(question: " \nQ\n ").contains("\n\nQ<|eot_id|>"))
  }

  @Test("A name that is not known is refused with the names that are")
  func refusesUnknownNames() {
    let error = #expect(throws: ChatTemplateError.unknownName("llava")) { try ChatTemplate(named: "llava") }
    #expect(error?.description.contains("internvl2_5, ") == true)
  }

  @Test(
    "config.json's template wins, then what the vocabulary knows, then the architecture",
    arguments: [
      ("internvl2_5", "SkyworkR1VChatModel", ["<|im_start|>", "<｜User｜>"], "internvl2_5"),
      (nil, "SkyworkR1VChatModel", ["<｜User｜>"], "skywork-r1v"),
      ("", "InternVLChatModel", ["<|im_start|>"], "internvl2_5"),
      ("unheard-of", "SkyworkR1VChatModel", ["<｜User｜>"], nil),
      (nil, "SkyworkR1VChatModel", ["<|im_start|>"], "skywork-r1v3"),
      (nil, "InternVLChatModel", ["<|im_start|>"], "internvl2_5"),
      (nil, "InternVLForConditionalGeneration", ["<|im_start|>"], "hf-native"),
      (nil, "Qwen2ForCausalLM", ["<|im_start|>"], "jinja-qwen"),
      (nil, "Qwen3ForCausalLM", ["<|im_start|>"], "chatml"),
      (nil, "LlamaForCausalLM", ["<|start_header_id|>"], "llama-3"),
      (nil, "LlamaForCausalLM", [], "none"), (nil, nil, [], "none"),
    ] as [(String?, String?, [String], String?)])
  func prefers(templateName: String?, architecture: String?, tokens: [String], expected: String?) {
    let template = try? ChatTemplate.preferred(
      templateName: templateName, architecture: architecture, vocabularyHas: tokens.contains)
    #expect(template?.name == expected)
  }

  @Test(arguments: ChatTemplate.allNames) func `as a Jinja text it writes the same`(name: String) throws {
    let template = try ChatTemplate(named: name)
    let turns = [
      (role: "user", text: "What's \\ this?\n"), (role: "assistant", text: "A 'cat'"), (role: "user", text: "Q"),
    ]
    let messages = turns.map { JSONValue.object(["role": .string($0.role), "content": .string($0.text)]) }
    let chat = turns.map { ChatMessage($0.role == "user" ? .user : .assistant, $0.text) }
    for preset in [nil, "Look, it's\ta \"test\"."] {
      let program = try ChatTemplateProgram(parsing: template.jinja(system: preset))
      let expected = try template.render(system: preset, messages: chat)
      #expect(try program.render(messages: messages, addGenerationPrompt: true) == expected)
      let system = JSONValue.object(["role": "system", "content": "Mine"])
      #expect(
        try program.render(messages: [system] + messages, addGenerationPrompt: true)
          == (try template.render(system: "Mine", messages: chat)))
    }
  }
}
