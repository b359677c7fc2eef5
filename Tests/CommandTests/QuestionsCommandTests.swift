// `run --questions`: many questions at once, as text and for programs.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct QuestionsCommandTests {
  private let sample: SampleModel

  init() throws { sample = try SampleModel() }

  private func run(_ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: ["run", sample.modelDirectory, "--questions", sample.evaluationQuestions, "--max-tokens", "48"] + more)
  }

  /// The questions of the sample and what PyTorch answers.
  private func lines() throws -> [[String: String]] {
    try String(contentsOfFile: sample.evaluationQuestions, encoding: .utf8).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    }
  }

  @Test func `neither threads nor what is asked beside it change a byte of an answer`() throws {
    let reports = try [("2", "64"), ("1", "64"), ("2", "1"), ("1", "7")].map { threads, batchSize in
      let result = try run("--samples", "20", "--json", "--quiet", "--threads", threads, "--batch-size", batchSize)
      expectSuccess(result)
      return result.output
    }
    #expect(Set(reports).count == 1)
  }

  @Test func `every answer is PyTorch's`() throws {
    let result = try run("--json", "--quiet")
    expectSuccess(result)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let answers = try #require(report["answers"] as? [[String: Any]])
    let lines = try lines()
    #expect(answers.count == lines.count)
    for (answer, line) in zip(answers, lines) {
      #expect(answer["answer"] as? String == line["reference"])
      #expect(answer["question"] as? String == line["question"])
      #expect(answer["expected"] as? String == line["answer"])
      #expect(answer["kind"] as? String == line["kind"])
      #expect(answer["images"] as? [String] == line["image"].map { [$0] })
      #expect(answer["finished"] as? Bool == true)
    }
  }

  @Test func `as text, each question stands above its answer`() throws {
    let result = try run("--samples", "3", "--quiet")
    expectSuccess(result)
    let expected = try lines().prefix(3).map { "\($0["question"] ?? "")\n\($0["reference"] ?? "")\n\n" }
    #expect(result.output == expected.joined())
    #expect(result.errors.isEmpty)
  }

  @Test func `a picture that is missing is told with its line, and nothing is printed`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(
      #"{"question": "What?"}"# + "\n" + #"{"question": "Which?", "image": "none.png"}"#, to: "q.jsonl")
    expectError(66, "q.jsonl:2: ", from: try skyquant("run", sample.modelDirectory, "--questions", path))
  }

  @Test func `a preset's settings are in the report, and options override single ones`() throws {
    let more = ["--samples", "1", "--json", "--quiet", "--preset", "authors-transformers", "--max-tokens", "2"]
    func settings(_ options: String...) throws -> [String: Any] {
      let arguments = ["run", sample.modelDirectory, "--questions", sample.evaluationQuestions] + more + options
      let result = try skyquant(arguments: arguments)
      expectSuccess(result)
      let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      return try #require(report["settings"] as? [String: Any])
    }
    let own = try settings()
    #expect(own["temperature"] as? Double == 0.6 && own["top_p"] as? Double == 0.95 && own["top_k"] as? Int == 50)
    #expect(own["repetition_penalty"] as? Double == 1.05 && own["max_tokens"] as? Int == 2)
    let other = try settings("--temperature", "0.5", "--top-k", "0", "--top-p", "1", "--repetition-penalty", "2")
    #expect(other["temperature"] as? Double == 0.5 && other["top_k"] is NSNull && other["top_p"] as? Double == 1)
    #expect(other["repetition_penalty"] as? Double == 2 && other["preset"] as? String == "authors-transformers")
    #expect(try settings("--seed", "18446744073709551615")["seed"] as? String == "18446744073709551615")
    #expect(try skyquant("run", "model", "--question", "x", "--preset", "authors").exitCode == 64)
  }

  @Test func `options that belong to another way of asking are refused`() throws {
    #expect(try run("--question", "What?").exitCode == 64)
    #expect(try run("--trace", "x.safetensors").exitCode == 64)
    #expect(try run("--batch-size", "0").exitCode == 64)
    for option in ["--samples", "--batch-size", "--images-root"] {
      let result = try skyquant("run", sample.modelDirectory, "--question", "What?", option, "1")
      #expect(result.exitCode == 64 && result.errors.contains("need --questions"), "\(result.errors)")
    }
  }
}
