// The authors' settings: what their scripts say (Formats/report.md), and what becomes of it.
import JSON
import ModelInputs
import ReferenceModel
import SampleModel
import Testing
@testable import Workflows

@Suite struct AnswerPresetTests {
  private let sample: SampleModel

  init() throws { sample = try SampleModel() }

  private var pictures: [String] { ["0007.png", "0011.png"].map { "\(sample.directory)/evaluation/images/\($0)" } }

  private func answer(_ preset: AnswerPreset?, _ text: String) throws -> AnswerRun.Answer {
    var run = AnswerRun(model: sample.modelDirectory, question: Question(images: pictures, text: text))
    run.settings = preset?.settings ?? AnswerSettings()
    run.settings.maxTokens = 3
    return try run.run()
  }

  @Test func `presets are what the authors' scripts say`() {
    let found = AnswerPreset.allCases.map(\.settings)
    #expect(found.map(\.sampling.temperature) == [0.6, 0, 0])
    #expect(found.map(\.sampling.topK) == [50, nil, nil])
    #expect(found.map(\.sampling.topP) == [0.95, 0.95, 1])
    #expect(found.map(\.sampling.repetitionPenalty) == [1.05, 1.05, 1])
    #expect(found.map(\.sampling.penalizesPrompt) == [false, true, false])
    #expect(found.map(\.maxTokens) == [64_000, 8000, 16_384])
    #expect(found.map(\.preset) == AnswerPreset.allCases)
  }

  @Test func `pictures stand where each script puts them`() {
    let two = ["a.png", "b.png"], lines = "<image>\n<image>\n"
    func placed(_ placement: ImagePlacement, _ text: String) -> String {
      placement.placed(in: Question(images: two, text: text)).text
    }
    for (text, expected) in [
      ("Why?", ["Why?", lines + "Why?", lines + "Why?", lines + "Why?"]),
      // The prompt of the script with transformers has more placeholders then than pictures, and so has ours.
      ("Why <image>?", ["Why <image>?", lines + "Why <image>?", lines + "Why <image>?", "<image>\nWhy <image>?"]),
      (lines + "Why?", [lines + "Why?", lines + lines + "Why?", lines + "Why?", lines + "Why?"]),
    ] {
      let placements: [ImagePlacement] = [.unlessWritten, .always, .unlessFirst, .missing]
      #expect(placements.map { placed($0, text) } == expected)
    }
    let plain = Question(text: "<image>", isPlainText: true)
    #expect(ImagePlacement.always.placed(in: plain) == plain)
  }

  @Test func `several pictures are read, by the template of the script, and the report has its settings`() throws {
    for preset in AnswerPreset.allCases {
      let answer = try answer(preset, "How many?"), settings = answer.json["settings"]
      #expect(answer.prompt.ranges(of: "<img>").count == 2)
      #expect(answer.prompt.contains("</img>\n<img>") && answer.prompt.contains("</img>\nHow many?"))
      #expect(settings?["preset"]?.stringValue == preset.rawValue && settings?["max_tokens"]?.intValue == 3)
      let isOwn = settings?["template"]?.stringValue?.hasPrefix("own (") == true
      #expect(isOwn == (preset != .authorsTransformers))
    }
    let plain = try answer(nil, "How many?")
    #expect(plain.json["settings"]?["preset"]?.isNull == true)
    #expect(plain.json["settings"]?["penalized"]?.stringValue == "answer")
    #expect(plain.json["settings"]?["template"]?.stringValue?.hasPrefix("own") == false)
  }

  @Test func `the script with transformers takes its own placeholders, the question's stay text`() throws {
    let question = "Is <image>\n left of <image>?"
    let prompt = try answer(.authorsTransformers, question).prompt
    let shown = #/<img>(<IMG_CONTEXT>)+</img>\n<img>(<IMG_CONTEXT>)+</img>\nIs <image>\n left of <image>\?/#
    #expect(prompt.contains(shown) && prompt.ranges(of: "<img>").count == 2)
    #expect(throws: (any Error).self) { try answer(.authorsVLLM, "<image>\n" + question) }
    #expect(throws: (any Error).self) { try answer(nil, "<image>" + question) }
  }

  @Test func `one placeholder for two pictures is an error, as it is for the script`() throws {
    #expect(throws: (any Error).self) { try answer(.authorsVLLM, "<image>\nHow many?") }
    #expect(try answer(.authorsEval, "<image>\nHow many?").prompt.ranges(of: "<img>").count == 2)
  }
}
