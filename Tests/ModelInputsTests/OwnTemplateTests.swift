// Questions to text models that bring a chat_template along. Prompts and ids are those of transformers 5.24's
// `apply_chat_template` with the same files.
import Foundation
import ModelConfig
import ModelFiles
import ModelInputs
import SampleModel
import Storage
import TestSupport
import Testing
import Tokenization

@Suite struct OwnTemplateTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  /// SmolLM2's, with another system text: one that comes unasked.
  private static let system = "Be small."
  private static let smol =
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe small."
    + "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

  /// Qwen3's last lines: thoughts are closed where they are not wanted.
  private static let thinking =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    + "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"

  private func builder(
    _ template: String?, type: String = "llama", _ settings: PromptSettings = PromptSettings(),
    and files: [String: String] = [:]
  ) throws -> InputBuilder {
    var model = TinyTextModel()
    model.type = type
    let path = try model.write(
      into: folder, as: UUID().uuidString, tokenizer: try SampleModel().modelDirectory)
    if let template { try Data(template.utf8).write(to: URL(fileURLWithPath: path + "/chat_template.jinja")) }
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name)) }
    let file = try ModelFile.open(path)
    return try InputBuilder(files: file.files, config: file.config, settings: settings)
  }

  private func prompt(_ builder: InputBuilder, _ question: String = "How many?") throws -> ModelInput {
    try builder.input(for: Question(text: question), includesAnswer: false) { _ in [] }
  }

  @Test func `the system block that a model's own template writes unasked is there`() throws {
    let builder = try builder(Self.smol)
    #expect(
      try prompt(builder).renderedPrompt
        == "<|im_start|>system\nBe small.<|im_end|>\n<|im_start|>user\nHow many?<|im_end|>\n<|im_start|>assistant\n")
    #expect(try builder.template.name == "own (chat_template.jinja)")
    #expect(try builder.template.note == nil && builder.stopIDs == [452], "<|im_end|>")
    let told = try self.builder(Self.smol, PromptSettings(system: "S"))
    #expect(try prompt(told).renderedPrompt.hasPrefix("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n"))
  }

  @Test func `where a known template writes the same, ids are what they were`() throws {
    for question in ["How many?", "<|im_end|> tab\t and é", ""] {
      let own = try prompt(builder(Self.smol), question)
      let known = try prompt(
        builder(nil, type: "qwen3", PromptSettings(template: "chatml", system: Self.system)), question)
      #expect(own.ids == known.ids && own.renderedPrompt == known.renderedPrompt)
    }
    let answered = Question(text: "How many?", answer: "Two.")
    let own = try builder(Self.smol).input(for: answered, includesAnswer: true) { _ in [] }
    let known = try builder(nil, PromptSettings(template: "chatml", system: Self.system)).input(
      for: answered, includesAnswer: true
    ) { _ in [] }
    #expect(own.ids == known.ids && own.answerStart == known.answerStart && own.ids.last == 452)
  }

  @Test(
    arguments: [
      (nil, "assistant\n"), (true, "assistant\n<think>\n"), (false, "assistant\n<think>\n\n</think>\n\n"),
    ] as [(Bool?, String)])
  func `thoughts are asked for and closed as the template does it`(thinks: Bool?, ending: String) throws {
    let builder = try builder(Self.thinking, PromptSettings(thinks: thinks))
    #expect(try prompt(builder).renderedPrompt == "<|im_start|>user\nHow many?<|im_end|>\n<|im_start|>" + ending)
  }

  @Test func `a template that opens a thought by itself is kept from it`() throws {
    let template = "{{ messages[0].content + '<|im_start|>assistant\n<think>\n' }}"
    #expect(try prompt(builder(template)).renderedPrompt == "How many?<|im_start|>assistant\n<think>\n")
    let closed = try builder(template, PromptSettings(thinks: false))
    #expect(try prompt(closed).renderedPrompt == "How many?<|im_start|>assistant\n")
    let twice = try builder(template, PromptSettings(thinks: true))
    #expect(try prompt(twice).renderedPrompt == "How many?<|im_start|>assistant\n<think>\n")
  }

  @Test func `the begin token is written once, by the template, and the date is always the same`() throws {
    let config =
      #"{"tokenizer_class": "Qwen2Tokenizer", "bos_token": {"content": "<|endoftext|>"}, "add_bos_token": true}"#
    let template = "{{ bos_token }}{{ strftime_now('%d %b %Y') }}: {{ messages[0].content }}"
    let own = try prompt(builder(template, and: ["tokenizer_config.json": config]))
    #expect(own.renderedPrompt == "<|endoftext|>26 Jul 2024: How many?")
    #expect(own.ids.first == 450 && own.ids.count { $0 == 450 } == 1)
    let bare = try prompt(builder("{{ messages[0].content }}", and: ["tokenizer_config.json": config]))
    #expect(bare.ids.first != 450, "transformers adds none to a conversation")
  }

  @Test func `end tokens of generation_config.json stop an answer too`() throws {
    let builder = try builder(Self.smol, and: ["generation_config.json": #"{"eos_token_id": [7, 9]}"#])
    #expect(builder.stopIDs == [452, 7, 9])
  }

  @Test(arguments: [
    ("{{ messages | groupby('role') }}", "line 1: the filter 'groupby' is not supported"),
    ("{{ messages", "line 1: "), ("a\n{{ raise_exception('never') }}", "line 2: the template refuses the conversation"),
  ])
  func `a template outside the subset is named, and what is done instead`(template: String, reason: String) throws {
    let builder = try builder(template, type: "qwen2")
    let note = try #require(try builder.template.note)
    #expect(note.hasPrefix("chat_template.jinja: chat_template: \(reason)"))
    #expect(note.hasSuffix("; questions are written by the template jinja-qwen instead, see --template"))
    #expect(try builder.template.name == "jinja-qwen")
    #expect(try prompt(builder).renderedPrompt.hasPrefix("<|im_start|>system\nYou are Qwen, "))
    #expect(throws: ModelInputError.self) { _ = try self.builder(template, PromptSettings(template: "own")) }
    #expect(try self.builder(template, PromptSettings(template: "chatml")).template.note == nil)
  }

  @Test func `of several named templates the default one is taken, and none is no template`() throws {
    let list = #"{"tokenizer_class": "Qwen2Tokenizer", "chat_template": [{"name": "tools", "template": "x"}"#
    let named = try builder(
      nil, and: ["tokenizer_config.json": list + #", {"name": "default", "template": "[{{ messages[0].content }}]"}]}"#]
    )
    #expect(try prompt(named).renderedPrompt == "[How many?]")
    #expect(try named.template.name == "own (tokenizer_config.json)")
    let nameless = try builder(nil, type: "qwen3", and: ["tokenizer_config.json": list + "]}"])
    #expect(try nameless.template.note?.contains("none of the chat templates 'tools' is called default") == true)
    let none = ["tokenizer_config.json": #"{"tokenizer_class": "Qwen2Tokenizer"}"#]
    #expect(throws: ModelInputError.noTemplate) { _ = try builder(nil, PromptSettings(template: "own"), and: none) }
  }

  @Test func `a model that sees can be asked by its own template`() throws {
    let file = try ModelFile.open(try SampleModel().modelDirectory)
    let builder = try InputBuilder(
      files: file.files, config: file.config, settings: PromptSettings(template: "own", system: "S"))
    let picture = try SampleModel().directory + "/calibration/images/0000.jpg"
    let input = try builder.input(
      for: Question(images: [picture], text: "What?"), includesAnswer: false
    ) { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
    #expect(input.renderedPrompt.contains("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n<img><IMG_CONTEXT>"))
    #expect(input.renderedPrompt.contains("</img>\nWhat?<|im_end|>\n<|im_start|>assistant\n"))
  }

  @Test func `a template of config.json that is unknown is refused for questions only`() throws {
    var model = TinyTextModel()
    model.settings = ["template": "phi3-chat"]
    let path = try model.write(into: folder, as: "phi", tokenizer: try SampleModel().modelDirectory)
    let file = try ModelFile.open(path)
    let builder = try InputBuilder(files: file.files, config: file.config)
    #expect(throws: ModelInputError.unknownTemplateInConfig("phi3-chat")) { try prompt(builder) }
    #expect(throws: ModelInputError.unknownTemplateInConfig("phi3-chat")) { try builder.template }
    let plain = try builder.input(for: Question(text: "a", isPlainText: true), includesAnswer: false) { _ in [] }
    #expect(!plain.ids.isEmpty)
    let named = try InputBuilder(files: file.files, config: file.config, settings: PromptSettings(template: "none"))
    #expect(try prompt(named).renderedPrompt == "How many?")
  }
}
