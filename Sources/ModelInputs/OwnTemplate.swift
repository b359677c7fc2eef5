// The conversation template that a model brings along, evaluated as transformers' `apply_chat_template` does.
internal import Basics
internal import JSON
internal import Jinja
internal import ModelConfig
internal import Storage
internal import Tokenization

/// A model's own `chat_template`.
struct OwnTemplate: Sendable {
  /// The name on the command line.
  static let name = "own"

  /// The file that it stands in.
  let file: String
  /// What ends an answer, by its name; nil if the template shows none.
  private(set) var stopToken: String?
  /// Ids of generation_config.json that end an answer as well.
  let endTokens: [Int]
  private let program: ChatTemplateProgram
  /// `bos_token` and other texts of tokens that templates print.
  private let variables: JSONObject

  /// Templates may print the date; prompts must not change with it. Llama's own templates fall back on this one.
  private static let date = TemplateDate(year: 2024, month: 7, day: 26)

  /// The template in `files`; nil if there is none.
  /// - Throws: `ModelInputError.template` where it cannot be evaluated, already for a first question; what reading the
  ///   files throws.
  init?(_ files: any NamedFiles, tokenizer: Tokenizer) throws {
    guard let templates = try ModelTemplates(files) else { return nil }
    file = templates.file
    guard let text = templates.main else {
      let names = templates.otherNames.map { "'\($0.displayed)'" }.joined(separator: ", ")
      throw ModelInputError.template(file: file, problem: "none of the chat templates \(names) is called default")
    }
    endTokens = try Self.endTokens(files)
    variables = try Self.tokenNames(files)
    do {
      program = try ChatTemplateProgram(parsing: text)
      _ = try program.render(
        messages: [Self.message("user", "?")], addGenerationPrompt: true, variables: variables, date: Self.date)
    } catch {
      throw ModelInputError.template(file: file, problem: "chat_template: \(error)")
    }
    stopToken = turnEnd(tokenizer)
  }

  /// The prompt for one question; see `ChatTemplate.render`.
  ///
  /// `thinks` is the template's variable `enable_thinking`, and whether the prompt ends in `<think>` whatever the template
  /// does; nil leaves it to the template.
  /// - Throws: `ModelInputError.template`, `ChatTemplateError`.
  func render(
    system: String?, question: String, imageTokenCounts: [Int], thinks: Bool?, keepsFurtherPlaceholders: Bool
  ) throws -> String {
    let text = ImagePlaceholders.prefixed(question, imageCount: imageTokenCounts.count)
    let messages = (system.map { [Self.message("system", $0)] } ?? []) + [Self.message("user", text)]
    var variables = variables
    if let thinks { variables["enable_thinking"] = .bool(thinks) }
    let prompt: String
    do {
      prompt = try program.render(
        messages: messages, addGenerationPrompt: true, variables: variables, date: Self.date)
    } catch {
      throw ModelInputError.template(file: file, problem: "chat_template: \(error)")
    }
    return try ImagePlaceholders.expanded(
      opened(prompt, thinks: thinks), tokenCounts: imageTokenCounts, keepsRest: keepsFurtherPlaceholders)
  }

  /// `prompt` with or without what invites the model to think.
  private func opened(_ prompt: String, thinks: Bool?) -> String {
    let opening = ChatTemplate.thinkPrefix
    let closed = [opening, String(opening.dropLast())].lazy.compactMap { prompt.removingSuffix($0) }.first
    return switch thinks {
    case nil: prompt
    case true?: closed == nil ? prompt + opening : prompt
    case false?: closed ?? prompt
    }
  }

  /// The special token that follows an answer where the template closes it.
  private func turnEnd(_ tokenizer: Tokenizer) -> String? {
    let marker = "answer-to-look-for"
    let conversation = [Self.message("user", "?"), Self.message("assistant", marker)]
    guard let text = try? program.render(messages: conversation, variables: variables, date: Self.date),
      let answer = text.ranges(of: marker).last,
      let next = tokenizer.encode(String(text[answer.upperBound...])).first, tokenizer.isSpecial(next)
    else { return nil }
    return tokenizer.token(next)
  }

  private static func message(_ role: String, _ content: String) -> JSONValue {
    ["role": .string(role), "content": .string(content)]
  }

  private static func endTokens(_ files: any NamedFiles) throws -> [Int] {
    guard let bytes = try files.bytes(of: "generation_config.json"),
      let value = (try? JSONValue(parsing: bytes))?["eos_token_id"]
    else { return [] }
    return (value.arrayValue ?? [value]).compactMap(\.intValue)
  }

  /// Texts of special tokens, as tokenizer_config.json has them, or else special_tokens_map.json.
  private static func tokenNames(_ files: any NamedFiles) throws -> JSONObject {
    var variables = JSONObject()
    for file in ["special_tokens_map.json", "tokenizer_config.json"] {
      guard let bytes = try files.bytes(of: file), let document = try? JSONValue(parsing: bytes) else { continue }
      for key in ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"] {
        guard let value = document[key], let text = value.stringValue ?? value["content"]?.stringValue else { continue }
        variables[key] = .string(text)
      }
    }
    return variables
  }
}
