// The page of `--html`: well-formed, without anything that runs, and every number on it is the JSON report's.
import Foundation
import JSON
import SampleModel
import TestSupport
import Testing

@Suite struct PageTests {
  private let folder: TemporaryDirectory
  private let made: String
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    made = folder.path("awq")
    sample = try SampleModel()
  }

  /// The value of `report` at `key`, of which each part is the name of a member or the number of an element.
  private func value(_ report: JSONValue, at key: String) -> JSONValue? {
    // One key has a point in it, and no page shows it.
    key.split(separator: ".").reduce(report as JSONValue?) { value, part in
      Int(part).flatMap { index in value?.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
        ?? value?[String(part)]
    }
  }

  private func requireAgreement(_ file: String, _ report: JSONValue, atLeast count: Int) throws -> ParsedPage {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    #expect(bytes.count < 2 << 20)
    let page = try #require(ParsedPage(bytes), "the page is well-formed")
    #expect(page.strayNumbers == [])
    #expect(page.measures.count >= count)
    for measure in page.measures {
      let reported = value(report, at: measure.key)
      #expect(reported?.doubleValue == Double(measure.value), "\(measure.key)")
    }
    #expect(page.elements["script"] == nil)
    return page
  }

  @Test func `every number on the pages is the report's, and questions stay text`() throws {
    let questions = folder.path("questions.jsonl")
    let hostile = #"<script>alert(1)</script> ]]> & "how many" <b>digits</b>?"#
    let lines = ["0007.png", "0011.png"].map { name in
      #"{"image": "\#(sample.directory)/evaluation/images/\#(name)", "question": \#(quoted(hostile)), "answer": "12"}"#
    }
    try lines.joined(separator: "\n").write(toFile: questions, atomically: true, encoding: .utf8)

    let quantized = try skyquant(
      "quantize", sample.modelDirectory, "--calibration", questions, "--out", made, "--html", folder.path("q.html"),
      "--json")
    #expect(quantized.exitCode == 0)
    let cost = try JSONValue(parsing: Array(quantized.output.utf8))
    let first = try requireAgreement(folder.path("q.html"), cost, atLeast: 60)
    #expect(first.elements["svg"] == 1)

    let verified = try skyquant(
      "verify", made, "--reference", sample.modelDirectory, "--questions", questions, "--html", folder.path("v.html"),
      "--max-mean-kl", "1", "--json")
    #expect(verified.exitCode == 0)
    let report = try JSONValue(parsing: Array(verified.output.utf8))
    let second = try requireAgreement(folder.path("v.html"), report, atLeast: 80)
    #expect(report["worst_tokens"]?.arrayValue?.count == 12)
    #expect(second.elements["img"] ?? 0 >= 1, "pictures are beside the tokens")
    #expect(second.text.contains("<script>alert(1)</script> ]]> &"), "a question is text")
  }

  @Test func `the page of an evaluation has the report's numbers, and what changed in words that stay text`() throws {
    let hostile = #"<script>alert(1)</script> ]]> & "how many" <b>digits</b>?"#
    // A question that nobody can answer so, and two that the sample answers rightly.
    let known = try String(contentsOfFile: sample.evaluationQuestions, encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])
    }.filter { $0["answer"] == $0["reference"] }.prefix(2)
    var rows: [[String: String]] = [
      ["image": "images/0007.png", "question": hostile, "answer": "never", "kind": "odd"]
    ]
    rows += known.map { $0.filter { ["image", "question", "answer"].contains($0.key) } }
    let lines = try rows.map { row in
      var row = row
      row["image"] = row["image"].map { "\(sample.directory)/evaluation/\($0)" }
      row["kind"] = row["kind"] ?? "usual"
      return String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self)
    }
    let questions = try folder.write(lines.joined(separator: "\n"), to: "questions.jsonl")
    let answers = try folder.write(
      #"{"index": "1", "prediction": "never"}"# + "\n"
        + #"{"index": "2", "prediction": "</p><script>"}"# + "\n" + #"{"index": "3", "prediction": "no & never"}"#,
      to: "answers.jsonl")
    let result = try skyquant(
      "evaluate", sample.modelDirectory, "--benchmark", questions, "--reference-answers", answers, "--max-tokens", "40",
      "--json", "--quiet", "--html", folder.path("e.html"))
    expectSuccess(result)
    let report = try JSONValue(parsing: Array(result.output.utf8))
    let page = try requireAgreement(folder.path("e.html"), report, atLeast: 40)
    let loss = try #require(value(report, at: "benchmarks.0.losses.0.metrics.0"))
    #expect(loss["right_to_wrong"]?.intValue == 1 && loss["wrong_to_right"]?.intValue == 2)
    #expect(page.elements["svg"] == 2 && page.elements["circle"] == 3)
    #expect(page.elements["img"] == 3 && page.elements["b"] == nil)
    for text in [
      hostile, "Right before, wrong now", "Wrong before, right now", "</p><script>", "no & never", questions,
      "kind: odd", "kind: usual", "Scored by fixed rules",
    ] { #expect(page.text.contains(text), "\(text)") }
    let refused = try skyquant("evaluate", sample.modelDirectory, "--benchmark", questions, "--html", questions)
    expectError(73, "would replace", from: refused)
    let existing = try skyquant(
      "evaluate", sample.modelDirectory, "--benchmark", questions, "--html", folder.path("e.html"))
    expectError(73, "already exists", from: existing)
  }

  @Test func `pages of letters and of drawn answers have the report's numbers too`() throws {
    let pictures = try ["0007.png", "0011.png"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(sample.directory)/evaluation/images/\($0)")).base64EncodedString()
    }
    let table = try folder.write(
      "index\tquestion\tA\tB\tanswer\timage\n1\tWhich?\tone\ttwo\tA\t\(pictures[0])\n"
        + "2\tWhich one?\tsix\tten\tB\t\(pictures[1])\n", to: "letters.tsv")
    _ = try roundedSample(at: made)
    let ways = [
      ("letters", ["--mode", "choice-logits", "--floor"], ["Flip floor", "KL divergence of the letters", "no score"]),
      ("drawn", ["--temperature", "1", "--samples", "2", "--max-tokens", "4"], ["temperature 1.0, top-k 50"]),
    ]
    for (name, options, words) in ways {
      let file = folder.path(name + ".html")
      let arguments = [
        "evaluate", made, "--reference", sample.modelDirectory, "--benchmark", table, "--json", "--quiet",
      ]
      let result = try skyquant(arguments: arguments + ["--html", file] + options)
      expectSuccess(result)
      let page = try requireAgreement(file, try JSONValue(parsing: Array(result.output.utf8)), atLeast: 40)
      for text in words { #expect(page.text.contains(text), "\(name): \(text)") }
    }
  }

  @Test func `a page is not replaced unless asked for`() throws {
    let page = folder.path("page.html")
    try "mine".write(toFile: page, atomically: true, encoding: .utf8)
    let arguments = ["quantize", sample.modelDirectory, "--method", "rtn", "--out", made, "--html", page]
    let refused = try skyquant(arguments: arguments)
    #expect(refused.exitCode == 73 && refused.errors.contains("page.html"))
    #expect(try String(contentsOfFile: page, encoding: .utf8) == "mine")
    #expect(!FileManager.default.fileExists(atPath: made))
    #expect(try skyquant(arguments: arguments + ["--force"]).exitCode == 0)
    #expect(ParsedPage(try Data(contentsOf: URL(fileURLWithPath: page))) != nil)
  }

  private func quoted(_ text: String) -> String {
    String(decoding: (try? JSONValue.string(text).serialized()) ?? [], as: UTF8.self)
  }
}
