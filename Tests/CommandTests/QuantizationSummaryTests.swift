// What `quantize` claims at its end, held to the errors in skyquant.json.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct QuantizationSummaryTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  /// The line of the summary that compares with plain rounding, and each linear's errors before and after.
  private func quantized(_ options: String...) throws -> (line: String, errors: [(before: Double, after: Double)]) {
    let sample = try SampleModel()
    let arguments = ["quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions]
    let result = try skyquant(arguments: arguments + ["--out", folder.path("out")] + options)
    expectSuccess(result)
    let record = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("out/skyquant.json"))))
    let linears = try #require((record as? [String: Any])?["linears"] as? [[String: Any]])
    let errors = try linears.map { linear in
      (before: try #require(linear["error_before"] as? Double), after: try #require(linear["error_after"] as? Double))
    }
    let lines = (result.output + result.errors).split(separator: "\n").map(String.init)
    return (try #require(lines.first { $0.contains("than plain rounding") }), errors)
  }

  @Test func `linears that a method leaves worse than plain rounding are counted`() throws {
    let (line, errors) = try quantized("--method", "awq-compat")
    let better = errors.count { $0.after < $0.before }, worse = errors.count { $0.after > $0.before }
    #expect(worse > 0, "the sample has such linears; otherwise this test shows nothing")
    let claim = "\(better) of 28 better and \(worse) worse than plain rounding on held-out tokens;"
    #expect(line.hasPrefix(claim), "\(line)")
  }

  @Test(arguments: ["awq", "best"]) func `a guarded method leaves none worse`(method: String) throws {
    let (line, errors) = try quantized("--method", method, "--samples", "4")
    let better = errors.count { $0.after < $0.before }
    #expect(errors.allSatisfy { $0.after <= $0.before })
    #expect(line.hasPrefix("\(better) of 28 better than plain rounding on held-out tokens;"), "\(line)")
  }

  @Test func `with one question nothing is held out, and nothing is said to be`() throws {
    let (line, _) = try quantized("--method", "awq", "--samples", "1")
    #expect(line.contains("than plain rounding on the tokens fitted to, as none are held out;"), "\(line)")
  }

  @Test func `help promises no more than each method keeps`() throws {
    let help = try skyquant("help", "quantize").output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(help.contains("is plainly rounded, except with awq-compat"))
    #expect(!help.contains("No linear ends worse"))
  }
}
