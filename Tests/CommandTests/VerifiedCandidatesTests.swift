// Several quantized models against one original: tables, gates, errors, and the same numbers as alone.
import Foundation
import JSON
import SampleModel
import TestSupport
import Testing

@Suite struct VerifiedCandidatesTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  /// Plainly rounded in groups of 128 and of 32.
  private let coarse: String, fine: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    coarse = try roundedSample(at: folder.path("coarse"))
    fine = folder.path("fine")
    expectSuccess(
      try skyquant(
        "quantize", sample.modelDirectory, "--method", "rtn", "--group-size", "32", "--out", fine, "--quiet"))
  }

  private func verify(_ candidates: [String], _ more: String..., reference: String? = nil) throws -> CommandResult {
    try skyquant(
      arguments: ["verify"] + candidates + [
        "--reference", reference ?? sample.modelDirectory, "--questions", sample.evaluationQuestions, "--samples", "4",
        "--quiet",
      ] + more)
  }

  private func json(_ candidates: String..., more: [String] = []) throws -> JSONValue {
    var arguments = candidates
    arguments.append("--json")
    let result = try verify(arguments + more)
    expectSuccess(result)
    return try JSONValue(parsing: Array(result.output.utf8))
  }

  @Test func `each of several models has the report that it has alone`() throws {
    let exported = folder.path("gptq")
    expectSuccess(try skyquant("export", coarse, "--to", "gptq", "--out", exported))
    let together = try json(coarse, fine, exported)
    #expect(together["schema"] == "skyquant.candidates/1")
    let reports = try #require(together["reports"]?.arrayValue)
    #expect(reports == [try json(coarse), try json(fine), try json(exported)])
    let differences = try #require(together["differences"]?.arrayValue)
    #expect(differences.map { [$0["baseline"], $0["candidate"]] } == [[0, 1], [0, 2], [1, 2]])
    func mean(_ report: JSONValue, _ tokens: String) throws -> Double {
      try #require(report[tokens]?["kl_divergence"]?["mean"]?.doubleValue)
    }
    for tokens in ["image", "prompt", "answer", "all"] {
      let difference = try mean(reports[1], tokens) - mean(reports[0], tokens)
      #expect(abs(try mean(differences[0], tokens) - difference) < 1e-12, "\(tokens)")
      #expect(differences[0][tokens]?["tokens"] == reports[0][tokens]?["tokens"])
    }
    // The same codes in another layout compute the same.
    let same = differences[1]["all"]?["kl_divergence"]
    #expect(same?["mean"]?.doubleValue == 0 && same?["standard_error"]?.doubleValue == 0)
    #expect(differences[1]["answers"]?["changed"] == 0)
    #expect(together["sizes"]?.arrayValue?.count == 3)
  }

  @Test func `the table shows all side by side, and says whose gate fails`() throws {
    let limits = try [coarse, fine].map { path in
      try #require(try json(path)["all"]?["kl_divergence"]?["mean"]?.doubleValue)
    }
    let between = (limits[0] + limits[1]) / 2
    let result = try verify([coarse, fine], "--max-mean-kl", "all=\(between)", "--answer-tokens", "0")
    #expect(result.exitCode == 1, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines[0] == "2 models against \(sample.modelDirectory), on 4 samples")
    for name in ["coarse", "fine", "fine − coarse"] {
      #expect(lines.contains { $0.hasPrefix("\(name)  ") && $0.contains(" ± ") }, "\(name): \(result.output)")
    }
    #expect(lines.last?.hasPrefix("FAIL: ") == true && lines.last?.contains("coarse") == true, "\(result.output)")
    let passing = try verify([coarse, fine], "--max-mean-kl", "all=9", "--answer-tokens", "0")
    #expect(passing.exitCode == 0 && passing.output.hasSuffix("PASS: all 2\n"), "\(passing.output)")
  }

  @Test func `a candidate in another's place is named`() throws {
    let original = sample.modelDirectory
    expectError(65, "\(coarse): is given twice", from: try verify([coarse, fine, coarse]))
    let link = folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: coarse)
    expectError(65, "\(coarse) and \(link) are one place", from: try verify([coarse, link]))
    expectError(65, "\(original): has no linear in int4", from: try verify([coarse, original]))
    expectError(65, "\(fine): is quantized itself", from: try verify([coarse, fine], reference: fine))
    expectError(66, folder.path("none"), from: try verify([coarse, folder.path("none")]))
  }

  @Test func `the page of several has the numbers of their report`() throws {
    let page = folder.path("page.html")
    let report = try json(coarse, fine, more: ["--html", page, "--max-mean-kl", "9"])
    let parsed = try #require(ParsedPage(try Data(contentsOf: URL(fileURLWithPath: page))))
    #expect(parsed.strayNumbers == [] && parsed.measures.count > 200)
    for measure in parsed.measures {
      let value = measure.key.split(separator: ".").reduce(report as JSONValue?) { value, part in
        Int(part).flatMap { value?.arrayValue?[$0] } ?? value?[String(part)]
      }
      #expect(value?.doubleValue == Double(measure.value), "\(measure.key)")
    }
    for key in ["reports.0.all.histogram.3", "reports.1.answer.histogram.3", "differences.0.answer.kl_divergence.mean"]
    {
      #expect(parsed.measures.contains { $0.key == key }, "\(key)")
    }
    #expect(parsed.elements["article"] == 2)
  }
}
