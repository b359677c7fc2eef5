// `--memory-limit` and `--dry-run` of commands that compute and write no model: the same numbers and answers, or a
// refusal before the work.
import Foundation
import JSON
import SampleModel
import TestSupport
import Testing

@Suite struct ComputingLimitTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// What a command prints under the least limit that is not refused, as refusals say, and a little more for what a
  /// process varies by.
  private func underLeastLimit(_ arguments: [String]) throws -> CommandResult {
    var limit = 1 << 20
    while true {
      let result = try skyquant(arguments: arguments + ["--memory-limit", "\(limit)"])
      guard result.exitCode == 71 else {
        #expect(result.errors.contains(" (--memory-limit)"), "\(result.errors)")
        return result
      }
      expectError(71, " of memory are too little: ", from: result)
      let needed = try #require(result.errors.firstMatch(of: /: ([0-9.]+) MiB are needed/))
      let bytes = Int(try #require(Double(needed.1)) * 1_048_576)
      try #require(bytes > limit)
      limit = bytes + 1 << 19
    }
  }

  @Test func `verify in many groups says what it says in one, also of several models`() throws {
    let awq = try roundedSample(at: folder.path("awq")), fine = folder.path("fine")
    expectSuccess(
      try skyquant("quantize", sample.modelDirectory, "--method", "rtn", "--group-size", "32", "--out", fine))
    let arguments = [
      "verify", awq, fine, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions,
      "--samples", "40", "--answer-tokens", "6", "--json",
    ]
    let undisturbed = try skyquant(arguments: arguments)
    expectSuccess(undisturbed)
    #expect(undisturbed.errors.contains("memory: up to ") && !undisturbed.errors.contains("groups"))
    let limited = try underLeastLimit(arguments)
    expectSuccess(limited)
    let groups = try #require(limited.errors.firstMatch(of: /; samples in ([0-9]+) groups/))
    #expect(Int(groups.1) ?? 0 > 3, "\(limited.errors)")
    #expect(limited.output == undisturbed.output)
  }

  @Test(arguments: ["generate", "choice-logits"]) func `evaluate answers the same`(mode: String) throws {
    let awq = try roundedSample(at: folder.path("awq"))
    let rows =
      ["index\tquestion\tA\tB\tanswer\timage"]
      + (try ["0001", "0002", "0007"].enumerated().map { index, name in
        let directory = URL(fileURLWithPath: sample.evaluationQuestions).deletingLastPathComponent()
        let image = try Data(contentsOf: directory.appendingPathComponent("images/\(name).png"))
        return "\(index)\tWhich?\tone\ttwo\tA\t\(image.base64EncodedString())"
      })
    let table = try folder.write(rows.joined(separator: "\n"), to: "rows.tsv")
    let arguments = [
      "evaluate", awq, "--reference", sample.modelDirectory, "--benchmark", table, "--mode", mode,
      "--max-tokens", "24", "--json",
    ]
    let undisturbed = try skyquant(arguments: arguments)
    expectSuccess(undisturbed)
    #expect(undisturbed.errors.contains("memory: up to "))
    let limited = try underLeastLimit(arguments)
    expectSuccess(limited)
    #expect(limited.output == undisturbed.output)
  }

  @Test func `an answer that may become too long is refused before the first one`() throws {
    let arguments = [
      "evaluate", sample.modelDirectory, "--benchmark", sample.evaluationQuestions, "--limit", "2",
      "--memory-limit", "200MiB", "--answers", folder.path("answers"), "--max-tokens",
    ]
    expectError(
      71, "(an answer of up to 1000000 tokens to a prompt of ", from: try skyquant(arguments: arguments + ["1000000"]))
    expectSuccess(try skyquant(arguments: arguments + ["4"]))
  }

  @Test func `what a dry run tells is what the run then reads, and nothing is written`() throws {
    let awq = try roundedSample(at: folder.path("awq"))
    func json(_ arguments: [String]) throws -> JSONValue {
      let result = try skyquant(arguments: arguments + ["--json"])
      expectSuccess(result)
      return try JSONValue(parsing: Array(result.output.utf8))
    }
    let verify = [
      "verify", awq, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions, "--samples", "5",
      "--answer-tokens", "4",
    ]
    let plan = try json(verify + ["--dry-run"]), report = try json(verify)
    #expect(plan["schema"] == "skyquant.plan.compute/1" && plan["command"] == "verify" && plan["groups"] == 1)
    #expect(plan["samples"] == report["samples"] && plan["tokens"] == report["all"]?["tokens"])
    #expect(plan["answers"] == 5 && plan["answer_tokens"] == 4 && plan["pictures"] == 5 && plan["towers"] == 1)
    func stages(_ plan: JSONValue) -> [String] {
      (plan["stages"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }
    #expect(
      stages(plan) == ["pictures and prompts", "tiles through the vision tower", "layers", "answers"])
    let evaluate = [
      "evaluate", awq, "--benchmark", sample.evaluationQuestions, "--limit", "3", "--max-tokens", "4",
      "--answers", folder.path("answers"), "--dry-run",
    ]
    let planned = try json(evaluate)
    #expect(planned["samples"] == 3 && planned["answers"] == 3 && planned["reference"] == .null)
    #expect(
      stages(planned) == [
        "pictures and prompts", "tiles through the vision tower", "hashing the weights", "answers",
      ])
    #expect(try folder.names() == ["awq"])
    for command in [verify + ["--dry-run"], evaluate] {
      expectError(71, " are needed (", from: try skyquant(arguments: command + ["--memory-limit", "1MiB"]))
    }
  }
}
