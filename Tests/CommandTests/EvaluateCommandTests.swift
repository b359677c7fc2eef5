// skyquant evaluate, as its users run it.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct EvaluateCommandTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private var evaluation: URL { URL(fileURLWithPath: sample.evaluationQuestions).deletingLastPathComponent() }

  /// The first lines of the sample's questions.
  private func lines(_ count: Int) throws -> [[String: String]] {
    try String(contentsOfFile: sample.evaluationQuestions, encoding: .utf8).split(separator: "\n").prefix(count).map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])
    }
  }

  /// A TSV file of these questions; cells that are given by row and column are other text.
  private func table(_ name: String, _ count: Int, changing: [Int: [String: String]] = [:]) throws -> String {
    var rows = ["index\tquestion\tanswer\timage"]
    for (number, line) in try lines(count).enumerated() {
      let image = try Data(contentsOf: evaluation.appendingPathComponent(try #require(line["image"])))
      let cells = [
        "index": "\(number)", "question": try #require(line["question"]),
        "answer": try #require(line["answer"]?.components(separatedBy: "</think>\n").last),
        "image": image.base64EncodedString(),
      ].merging(changing[number] ?? [:]) { $1 }
      rows.append(["index", "question", "answer", "image"].map { cells[$0] ?? "" }.joined(separator: "\t"))
    }
    return try folder.write(rows.joined(separator: "\n"), to: name)
  }

  private func evaluate(_ more: String..., fileSizeLimit: Int? = nil) throws -> CommandResult {
    try skyquant(
      arguments: ["evaluate", sample.modelDirectory, "--max-tokens", "40", "--quiet"] + more,
      fileSizeLimit: fileSizeLimit)
  }

  private func report(_ result: CommandResult) throws -> [String: Any] {
    expectSuccess(result)
    return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  private func benchmark(_ report: [String: Any]) throws -> [String: Any] {
    try #require((report["benchmarks"] as? [[String: Any]])?.first)
  }

  @Test func `answers are those that PyTorch gave, and the score is theirs`() throws {
    let lines = try lines(4)
    let right = lines.count { $0["reference"] == $0["answer"] }
    let predictions = lines.enumerated().map {
      ["\($0)", ($1["reference"] ?? "").replacingOccurrences(of: "\n", with: " ")].joined(separator: "\t")
    }
    try folder.write("index\tprediction\n" + predictions.joined(separator: "\n"), to: "pytorch.tsv")
    let report = try report(
      evaluate("--benchmark", table("own.tsv", 4), "--reference-answers", folder.path("pytorch.tsv"), "--json"))
    let found = try benchmark(report)
    #expect(found["asked"] as? Int == 4 && (found["faults"] as? [String])?.isEmpty == true)
    let scores = try #require(found["scores"] as? [[String: Any]])
    for score in scores {
      let metric = try #require((score["metrics"] as? [[String: Any]])?.first)
      #expect(metric["score"] as? Double == Double(right) / 4)
    }
    let loss = try #require((found["losses"] as? [[String: Any]])?.first)
    #expect((loss["agreement"] as? [String: Any])?["equal"] as? Int == 4)
    #expect((loss["changed"] as? [Any])?.isEmpty == true)
    #expect((report["models"] as? [[String: Any]])?.map { $0["is_original"] as? Bool } == [true, false])
  }

  @Test func `rows that cannot be used are named and counted, and end a strict run`() throws {
    let path = try table(
      "faulty.tsv", 5,
      changing: [
        0: ["image": ""], 1: ["image": Data(repeating: 65, count: 99).base64EncodedString()], 3: ["index": "2"],
      ])
    let result = try evaluate("--benchmark", path)
    expectSuccess(result)
    let told = result.output.split(separator: "\n").filter { $0.contains("left out:") }
    #expect(told.count == 3, "\(result.output)")
    #expect(told.contains { $0.contains("faulty.tsv: row 1 (index 0), column \"image\"") && $0.contains("no picture") })
    #expect(
      told.contains { $0.contains("faulty.tsv: row 2 (index 1), offset ") && $0.contains("cannot be asked: picture 1") }
    )
    #expect(told.contains { $0.contains("faulty.tsv: row 4 (index 2)") && $0.contains("row 3 has the same index") })
    #expect(result.output.contains("faulty: 2 of 5 rows of "))
    expectError(65, "row 1 (index 0)", from: try evaluate("--benchmark", path, "--strict"))
  }

  @Test func `a file that was cut inside a picture loses one row, by its offset`() throws {
    let path = try table("cut.tsv", 2)
    var text = try String(contentsOfFile: path, encoding: .utf8)
    text = text.replacingOccurrences(of: "\t", with: "\"\t\"").replacingOccurrences(of: "\n", with: "\"\n\"")
    try folder.write("\"" + text.dropLast(100), to: "cut.tsv")
    let result = try evaluate("--benchmark", path)
    expectSuccess(result)
    #expect(result.output.contains("row 2, offset ") && result.output.contains("the file ends inside a quoted cell"))
  }

  @Test func `a letter that is no option and columns that say nothing are errors`() throws {
    try folder.write("index\tquestion\tA\tB\tanswer\n1\tWhich?\tone\ttwo\tE\n", to: "letter.tsv")
    expectError(
      65, "the answer \"E\" is none of the options A, B", from: try evaluate("--benchmark", folder.path("letter.tsv")))
    try folder.write("index\ttext\n1\tWhich?\n", to: "columns.tsv")
    expectError(65, "unknown column set", from: try evaluate("--benchmark", folder.path("columns.tsv")))
    expectError(66, "no such file", from: try evaluate("--benchmark", folder.path("none.tsv")))
  }

  @Test func `a run that a limit has stopped goes on, asks only what is missing, and reports the same`() throws {
    let path = try table("own.tsv", 4)
    let undisturbed = try evaluate("--benchmark", path, "--json")
    let log = folder.path("answers.jsonl")
    let stopped = try evaluate("--benchmark", path, "--answers", log, fileSizeLimit: 1000)
    expectError(73, "answers.jsonl", from: stopped)
    let kept = try String(contentsOfFile: log, encoding: .utf8)
    #expect(kept.hasSuffix("}\n") && (1...3).contains(kept.split(separator: "\n").count), "\(kept)")
    // As if the last line had been torn as well.
    try folder.write(kept + "{\"benchmark\":\"12", to: "answers.jsonl")
    let resumed = try skyquant(
      "evaluate", sample.modelDirectory, "--max-tokens", "40", "--benchmark", path, "--answers", log, "--json")
    #expect(resumed.output == undisturbed.output && !undisturbed.output.isEmpty)
    #expect(resumed.errors.contains("\(kept.split(separator: "\n").count) of 4 answers are there already"))
    let whole = try String(contentsOfFile: log, encoding: .utf8)
    #expect(whole.hasPrefix(kept) && whole.split(separator: "\n").count == 4)
    // Other settings are other answers.
    expectSuccess(
      try skyquant(
        "evaluate", sample.modelDirectory, "--max-tokens", "2", "--benchmark", path, "--limit", "1", "--answers", log))
    #expect(try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count == 5)
  }

  @Test func `an interrupted run keeps its answers and says so, and nobody else writes beside it`() throws {
    let log = folder.path("answers.jsonl")
    let arguments = [
      "evaluate", sample.modelDirectory, "--benchmark", sample.evaluationQuestions, "--max-tokens", "40", "--quiet",
      "--answers", log,
    ]
    var second: CommandResult?
    let interrupted = try skyquant(arguments: arguments) { process in
      while process.isRunning, (try? String(contentsOfFile: log, encoding: .utf8))?.isEmpty ?? true { usleep(1000) }
      second = try skyquant(arguments: arguments)
      kill(process.processIdentifier, SIGINT)
    }
    #expect(interrupted.exitCode == 130 && interrupted.output.isEmpty)
    #expect(interrupted.errors == "interrupted; the same command goes on with the answers in \(log)\n")
    expectError(75, "answers.jsonl: locked by another process", from: try #require(second))
    #expect(try String(contentsOfFile: log, encoding: .utf8).hasPrefix("{\"benchmark\":\""))
  }

  @Test func `an earlier run's answers are a reference, those of two models are not`() throws {
    let path = try table("own.tsv", 2), log = folder.path("answers.jsonl")
    expectSuccess(try evaluate("--benchmark", path, "--answers", log))
    let found = try benchmark(report(evaluate("--benchmark", path, "--reference-answers", log, "--json")))
    let loss = try #require((found["losses"] as? [[String: Any]])?.first)
    #expect((loss["agreement"] as? [String: Any])?["equal"] as? Int == 2)
    expectSuccess(try evaluate("--benchmark", path, "--answers", log, "--no-think", "--system", "Be brief."))
    expectError(
      65, "row 3 (index 0), offset ", from: try evaluate("--benchmark", path, "--reference-answers", log))
    try folder.write("index\tprediction\n0\tIt is a six.\n", to: "one.tsv")
    let half = try evaluate("--benchmark", path, "--reference-answers", folder.path("one.tsv"))
    expectSuccess(half)
    #expect(half.output.contains("row 2 (index 1)") && half.output.contains("one.tsv has no answer to it"))
    #expect(half.output.contains("own: 1 of 2 rows of "))
    try folder.write("index\tanswer\n0\tIt is a six.\n", to: "none.tsv")
    expectError(
      65, "expected a column \"prediction\"",
      from: try evaluate("--benchmark", path, "--reference-answers", folder.path("none.tsv")))
  }

  @Test func `answers go into no file that holds something else or that is read`() throws {
    let path = try table("own.tsv", 1)
    try folder.write("a letter\n", to: "letter")
    expectError(
      65, "letter: line 1, offset 0: is no answer",
      from: try evaluate("--benchmark", path, "--answers", folder.path("letter")))
    #expect(try String(contentsOfFile: folder.path("letter"), encoding: .utf8) == "a letter\n")
    expectError(73, "would replace", from: try evaluate("--benchmark", path, "--answers", path))
    expectError(73, "would replace", from: try evaluate("--benchmark", path, "--out", path, "--force"))
  }

  @Test func `the report goes into a file, which nothing replaces unasked`() throws {
    let path = try table("own.tsv", 1), out = folder.path("report.json")
    let result = try evaluate("--benchmark", path, "--out", out, "--json")
    expectSuccess(result)
    #expect(try String(contentsOfFile: out, encoding: .utf8) == result.output)
    #expect(try folder.names() == ["own.tsv", "report.json", "report.json.answers.jsonl"])
    expectError(73, "already exists", from: try evaluate("--benchmark", path, "--out", out))
  }

  @Test func `a prompt has the benchmark's system message and the words that were asked for`() throws {
    func prompt(_ name: String, _ more: String...) throws -> String {
      let arguments = ["evaluate", sample.modelDirectory, "--max-tokens", "1", "--quiet", "--json", "--benchmark"]
      let result = try skyquant(arguments: arguments + [try table(name, 1, changing: [0: ["answer": "7"]])] + more)
      return try #require(try benchmark(report(result))["rendered_prompt"] as? String)
    }
    let question = try #require(try lines(1)[0]["question"])
    let own = try prompt("own.tsv")
    #expect(own.contains("</img>\n" + question) && !own.contains("latex format"))
    #expect(try prompt("MMK12.tsv").contains("The answer is in latex format"))
    let other = try prompt("MMK12.tsv", "--system", "Be brief.")
    #expect(other.contains("Be brief.") && !other.contains("latex format"))
    try folder.write(" In one word.\n", to: "instruction")
    #expect(try prompt("own.tsv", "--instruction", folder.path("instruction")).contains(question + " In one word."))
    #expect(try !prompt("own.tsv", "--instruction", folder.path("instruction")).contains("word.\n\n"))
    #expect(try prompt("own.tsv", "--layout", "internvl").contains("</img>\n" + question))
  }

  @Test func `a text model is told that it cannot see`() throws {
    let text = try TinyTextModel().write(into: folder, as: "text", tokenizer: sample.modelDirectory)
    let result = try skyquant("evaluate", text, "--benchmark", table("own.tsv", 1))
    expectError(65, "is a text model, and", from: result)
  }

  @Test func `mistakes on the command line are usage errors`() throws {
    for arguments in [
      [], ["--benchmark", "a.tsv", "--limit", "0"], ["--benchmark", "a.tsv", "--max-tokens", "0"],
      ["--benchmark", "a.tsv", "--batch-size", "0"], ["--benchmark", "a.tsv", "--floor"],
      ["--benchmark", "a.tsv", "--samples", "2"],
      ["--benchmark", "a.tsv", "--mode", "letters"], ["--benchmark", "a.tsv", "--temperature", "-1"],
      ["--benchmark", "a.tsv", "--mode", "choice-logits", "--temperature", "1"],
      ["--benchmark", "a.tsv", "--mode", "choice-logits", "--reference-answers", "b"],
      ["--benchmark", "a.tsv", "--reference", "b", "--reference-answers", "c"],
      ["--benchmark", "a.tsv", "--benchmark", "b.tsv", "--reference-answers", "c"],
    ] {
      let result = try skyquant(arguments: ["evaluate", "model"] + arguments)
      #expect(result.exitCode == 64 && result.errors.contains("Usage: skyquant evaluate"), "\(result.errors)")
    }
  }
}
