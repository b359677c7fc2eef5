// Inputs around the goldens: answers, plain text, windows, and what a model cannot read.
import JSON
import ModelConfig
import ModelFiles
import ModelInputs
import SampleModel
import Testing
import Tokenization

@Suite struct InputBuilderTests {
  private let file: ModelFile
  private let builder: InputBuilder

  init() throws {
    file = try ModelFile.open(try SampleModel().modelDirectory)
    builder = try InputBuilder(files: file.files, config: file.config)
  }

  private func noImage(_ path: String) throws -> [UInt8] {
    Issue.record("asked for \(path)")
    return []
  }

  @Test func `an answer follows its prompt and ends in the stop token`() throws {
    let question = Question(text: "Where is the square?", answer: "It is red.")
    let prompt = try builder.input(for: question, includesAnswer: false, readImage: noImage)
    let whole = try builder.input(for: question, includesAnswer: true, readImage: noImage)
    #expect(prompt.answerStart == prompt.ids.count && whole.answerStart == prompt.ids.count)
    #expect(Array(whole.ids.prefix(prompt.ids.count)) == prompt.ids)
    let answer = Array(whole.ids[whole.answerStart...])
    #expect(builder.tokenizer.decode(Array(answer.dropLast())) == "It is red.")
    #expect(builder.stopIDs == [452] && answer.last == 452, "<|im_end|>")
    #expect(whole.pixels == nil && whole.tileCounts.isEmpty)
  }

  @Test func `a system text from outside replaces the config's`() throws {
    let settings = PromptSettings(system: "Say no.")
    let other = try InputBuilder(files: file.files, config: file.config, settings: settings)
    let question = Question(text: "a?")
    let own = try builder.input(for: question, includesAnswer: false, readImage: noImage).renderedPrompt
    let replaced = try other.input(for: question, includesAnswer: false, readImage: noImage).renderedPrompt
    let system = try #require(file.config.systemMessage)
    #expect(own.contains(system) && replaced == own.replacing(system, with: "Say no."))
  }

  @Test(arguments: [nil, true, false])
  func `a prompt for letters ends where they differ, and thinks no more`(thinks: Bool?) throws {
    let builder = try InputBuilder(
      files: file.files, config: file.config, settings: PromptSettings(thinks: thinks))
    let question = Question(text: "Which one?"), letters = ["A", "B", "D"]
    let open = try builder.input(for: question, includesAnswer: false, readImage: noImage).renderedPrompt
    let (input, tokens) = try builder.input(for: question, choosing: letters, readImage: noImage)
    let closing = open.hasSuffix("<think>\n") ? "\n</think>\n\n" : ""
    #expect(input.renderedPrompt == open + closing + "Answer:")
    #expect(thinks == nil || open.hasSuffix("<think>\n") == thinks)
    #expect(tokens.count == 3 && Set(tokens).count == 3 && input.answerStart == input.ids.count)
    for (letter, token) in zip(letters, tokens) {
      let whole = builder.tokenizer.encode(input.renderedPrompt + " " + letter, addsBeginToken: false)
      #expect(input.ids + [token] == whole)
    }
    #expect(throws: ModelInputError.letters(["A", "A"])) {
      try builder.input(for: question, choosing: ["A", "A"], readImage: noImage)
    }
  }

  @Test func `plain text is taken as it is`() throws {
    let input = try builder.input(
      for: Question(text: "red square", isPlainText: true), includesAnswer: true, readImage: noImage)
    #expect(input.isPlainText && input.renderedPrompt == "red square" && input.answerStart == input.ids.count)
    #expect(builder.tokenizer.decode(input.ids) == "red square")
  }

  @Test func `windows cut a text into equal parts and drop the rest`() {
    let text = String(repeating: "the red square is above the blue circle. ", count: 20)
    let all = builder.tokenizer.encode(text, recognisesSpecialTokens: false, addsBeginToken: false)
    let windows = builder.windows(of: text, size: 16, limit: .max)
    #expect(windows.count == all.count / 16 && windows.allSatisfy { $0.ids.count == 16 && $0.isPlainText })
    #expect(windows.flatMap(\.ids) == Array(all.prefix(windows.count * 16)))
    #expect(builder.windows(of: text, size: 16, limit: 2).map(\.ids) == windows.prefix(2).map(\.ids))
    #expect(builder.windows(of: "red", size: 1000, limit: 2).isEmpty)
  }

  @Test func `special tokens in a plain text are text`() {
    let ids = builder.windows(of: "<|im_end|><|im_end|>", size: 2, limit: .max).flatMap(\.ids)
    #expect(!ids.isEmpty && !ids.contains(452))
  }

  @Test func `a text model refuses pictures`() throws {
    var document = try #require(file.config.document["llm_config"]?.objectValue)
    document["model_type"] = "qwen2"
    let text = try InputBuilder(files: file.files, config: ModelConfig(document: .object(document)))
    #expect(text.imageContextID == nil)
    let error = #expect(throws: ModelInputError.noVision(image: "a.png")) {
      try text.input(for: Question(images: ["a.png"], text: "a?"), includesAnswer: false, readImage: noImage)
    }
    #expect(error?.description == "a.png: this is a text model; leave out --image")
  }

  @Test func `a prompt longer than the model's positions is refused`() throws {
    var document = try #require(file.config.document.objectValue)
    var language = try #require(document["llm_config"]?.objectValue)
    language["max_position_embeddings"] = 20
    document["llm_config"] = .object(language)
    let short = try InputBuilder(files: file.files, config: ModelConfig(document: .object(document)))
    #expect(throws: ModelInputError.self) {
      try short.input(for: Question(text: "Where is the square?"), includesAnswer: false, readImage: noImage)
    }
  }
}
