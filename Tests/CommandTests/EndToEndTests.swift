// The main job on the bundled model: quantize, pack, verify, inspect, export, run.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct EndToEndTests {
  private let sample: SampleModel

  init() throws { sample = try SampleModel() }

  private func quantize(_ out: String, _ more: String...) throws {
    var arguments = ["quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--out", out]
    arguments += ["--samples", "12", "--quiet"] + more
    let result = try skyquant(arguments: arguments)
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  /// The `mean` of the KL divergence over all tokens of a JSON report.
  private func meanDivergence(_ model: String) throws -> Double {
    let result = try skyquant(
      "verify", model, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions, "--samples",
      "20", "--answer-tokens", "0", "--json", "--quiet")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let all = try #require(report["all"] as? [String: Any])
    let divergence = try #require(all["kl_divergence"] as? [String: Any])
    return try #require(divergence["mean"] as? Double)
  }

  @Test func theDefaultLosesLessThanPlainRounding() throws {
    let folder = try TemporaryDirectory()
    try quantize(folder.path("rtn"), "--method", "rtn")
    try quantize(folder.path("best"))
    let (plain, best) = (try meanDivergence(folder.path("rtn")), try meanDivergence(folder.path("best")))
    #expect(best > 0 && best < plain)
  }

  @Test func threadsChangeNoByte() throws {
    let folder = try TemporaryDirectory()
    try quantize(folder.path("one"), "--threads", "1")
    try quantize(folder.path("two"), "--threads", "2")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("one")) {
      #expect(
        FileManager.default.contentsEqual(atPath: folder.path("one/" + name), andPath: folder.path("two/" + name)),
        "\(name)")
    }
  }

  @Test func aPackedModelVerifiesAlikeAndUnpacksToTheSameBytes() throws {
    let folder = try TemporaryDirectory()
    try quantize(folder.path("awq"))
    #expect(try skyquant("pack", folder.path("awq"), folder.path("m.skyq"), "--quiet").exitCode == 0)
    #expect(try meanDivergence(folder.path("awq")) == meanDivergence(folder.path("m.skyq")))
    let summary = try skyquant("inspect", folder.path("m.skyq"))
    #expect(summary.exitCode == 0 && summary.output.contains("awq_u4 g128"))
    #expect(try skyquant("export", folder.path("m.skyq"), "--out", folder.path("back"), "--quiet").exitCode == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("awq")).sorted()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("back")).sorted() == names)
    for name in names {
      #expect(
        FileManager.default.contentsEqual(atPath: folder.path("awq/" + name), andPath: folder.path("back/" + name)),
        "\(name)")
    }
  }

  @Test func theOriginalAnswersAsPyTorchDoes() throws {
    let text = try String(contentsOfFile: sample.evaluationQuestions, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").dropFirst(3).first)
    let question = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    let image = sample.directory + "/evaluation/" + (question["image"] ?? "")
    let result = try skyquant("run", sample.modelDirectory, "--image", image, "--question", question["question"] ?? "")
    #expect(result.output == (question["reference"] ?? "") + "\n")
  }

  @Test func aGateThatIsNotKeptFailsTheRun() throws {
    let folder = try TemporaryDirectory()
    try quantize(folder.path("rtn"), "--method", "rtn")
    func exitCode(_ limit: String) throws -> Int32 {
      try skyquant(
        "verify", folder.path("rtn"), "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions,
        "--samples", "10", "--answer-tokens", "0", "--quiet", "--max-mean-kl", limit
      ).exitCode
    }
    #expect(try exitCode("0.0000001") == 1)
    #expect(try exitCode("10") == 0)
  }
}
