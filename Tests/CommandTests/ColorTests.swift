// Colour says on a terminal what passes, fails and warns; everywhere else, and for whoever wants none, there is none.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct ColorTests {
  private static let (good, bad, warning, end) = ("\u{1B}[32m", "\u{1B}[1;31m", "\u{1B}[33m", "\u{1B}[0m")
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let packed: String
  private let quantized: String
  private let damaged: String
  private let misconfigured: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    let quantization = #""quantization_config": {"quant_method": "gptq"}, "torch_dtype""#
    misconfigured = try folder.modelCopy(replacing: #""torch_dtype""#, with: quantization)
    packed = folder.path("sound.skyq")
    damaged = folder.path("damaged.skyq")
    quantized = try roundedSample(at: folder.path("rtn"))
    expectSuccess(try skyquant("pack", sample.modelDirectory, packed, "--quiet"))
    try FileManager.default.copyItem(atPath: packed, toPath: damaged)
    let plane = try #require(try planes(of: "language_model.model.norm.weight", in: packed).first)
    try flipBit(at: plane.lowerBound, in: damaged)
  }

  private func withoutColor(_ text: String) -> String {
    [Self.good, Self.bad, Self.warning, Self.end].reduce(text) { $0.replacing($1, with: "") }
  }

  /// Commands whose results have verdicts, and these as a terminal gets them.
  private var verdicts: [(arguments: [String], shown: [String])] {
    let gates = ["--max-mean-kl", "10", "--max-p99-kl", "0", "--samples", "1", "--answer-tokens", "0"]
    let verify = ["verify", quantized, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions]
    return [
      (["check", packed, "--quiet"], ["sound.skyq: \(Self.good)intact\(Self.end), "]),
      (["check", damaged, "--quiet"], ["damaged.skyq: \(Self.bad)1 damaged\(Self.end), "]),
      (["doctor", sample.modelDirectory, "--headers-only", "--quiet"], [": \(Self.good)errors: 0\(Self.end), "]),
      (
        ["doctor", misconfigured, "--headers-only", "--quiet"],
        [
          "\(Self.warning)warning\(Self.end) C402 config.json: ",
          "\(Self.bad)error\(Self.end) C105 config.json: quantization_config says gptq",
          ": \(Self.bad)errors: 1\(Self.end), ",
        ]
      ),
      (verify + gates + ["--quiet"], [": \(Self.good)PASS\(Self.end)\n", ": \(Self.bad)FAIL\(Self.end)\n"]),
    ]
  }

  @Test func `a terminal gets verdicts in colour, and the same characters as a pipe`() throws {
    for (arguments, parts) in verdicts {
      let (shown, result) = try skyquant(arguments: arguments, on: .output)
      for part in parts { #expect(shown.contains(part), "\(shown)") }
      let piped = try skyquant(arguments: arguments, environment: ["TERM": "xterm"])
      #expect(masked(withoutColor(shown)) == masked(piped.output) && result.exitCode == piped.exitCode)
      #expect(!piped.output.contains("\u{1B}") && piped.errors.isEmpty)
    }
  }

  @Test func `each switch alone makes a terminal plain`() throws {
    let switches: [(option: [String], environment: [String: String])] = [
      (["--no-color"], [:]), ([], ["NO_COLOR": "1"]), ([], ["TERM": "dumb"]), ([], ["TERM": ""]),
    ]
    for (option, environment) in switches {
      for command in [["check", damaged, "--quiet"], ["inspect", "/nowhere"], ["inspect", "x", "--no-such-option"]] {
        for stream in [PrintedStream.output, .errors] {
          let (shown, _) = try skyquant(arguments: command + option, on: stream, environment: environment)
          #expect(!shown.contains("\u{1B}"), "\(command) \(option) \(environment)")
        }
      }
    }
  }

  @Test func `output and errors are judged each for itself`() throws {
    let (output, errors) = ("\(Self.bad)1 damaged\(Self.end)", "\(Self.bad)error:\(Self.end) /nowhere: ")
    #expect(try skyquant(arguments: ["check", damaged, "--quiet"], on: .output).shown.contains(output))
    #expect(!(try skyquant(arguments: ["check", damaged], on: .errors).result.output.contains("\u{1B}")))
    #expect(try skyquant(arguments: ["inspect", "/nowhere"], on: .errors).shown.hasPrefix(errors))
    #expect(try skyquant(arguments: ["inspect", "/nowhere"], on: .output).result.errors.hasPrefix("error: /nowhere: "))
  }

  @Test func `errors of usage are marked like all others`() throws {
    let shown = try skyquant(arguments: ["inspect", "x", "--no-such-option"], on: .errors).shown
    #expect(shown.hasPrefix("\(Self.bad)Error:\(Self.end) Unknown option '--no-such-option'\n"), "\(shown)")
  }

  @Test func `JSON and what is printed beside it have no colour`() throws {
    let json = ["check", damaged, "--quiet", "--json"]
    #expect(try skyquant(arguments: json, on: .output).shown == skyquant(arguments: json).output)
    let shown = try skyquant(arguments: ["inspect", "/nowhere", "--json"], on: .errors).shown
    #expect(shown.hasPrefix("error: /nowhere: "), "\(shown)")
  }

  @Test func `a warning is marked`() throws {
    let model = folder.path("with-notes")
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: model)
    try FileManager.default.createDirectory(atPath: model + "/notes", withIntermediateDirectories: false)
    let (shown, _) = try skyquant(arguments: ["pack", model, folder.path("m.skyq"), "--quiet"], on: .errors)
    let line = "\(Self.warning)warning:\(Self.end) \(model): not carried along: notes (directory)\n"
    #expect(shown == line, "\(shown)")
  }

  @Test func `linears that end worse than plain rounding stand out, and no others`() throws {
    let arguments = [
      "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--method", "awq-compat",
      "--out", folder.path("out"), "--force",
    ]
    let shown = try skyquant(arguments: arguments, on: .errors).shown
    let record = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("out/skyquant.json"))))
    let linears = try #require((record as? [String: Any])?["linears"] as? [[String: Any]])
    let worse = try linears.compactMap { linear -> String? in
      let errors = try ["error_before", "error_after"].map { try #require(linear[$0] as? Double) }
      return errors[1] > errors[0] ? linear["module"] as? String : nil
    }
    // What is left of a line behind the bars that it has replaced.
    let lines = shown.split(separator: "\n").map { String($0.components(separatedBy: "\u{1B}[K").last ?? "") }
    let marked = lines.filter { $0.contains(Self.bad) }.map { String($0.prefix { $0 != " " }) }
    #expect(!worse.isEmpty && marked == worse)
    let summary = try skyquant(arguments: arguments + ["--quiet"], on: .output).shown
    let count = " better and \(Self.bad)\(worse.count) worse\(Self.end) than plain rounding"
    #expect(summary.contains(count), "\(summary)")
  }

  @Test func `a name that colours itself is printed as the characters that it has`() throws {
    let moved = folder.path("a\u{1B}[32mb")
    try FileManager.default.moveItem(atPath: misconfigured, toPath: moved)
    let (shown, _) = try skyquant(arguments: ["doctor", moved, "--headers-only", "--quiet"], on: .output)
    #expect(shown.contains(Self.bad) && !withoutColor(shown).contains("\u{1B}"))
    #expect(shown.contains(#"a\u{1b}[32mb: "#), "\(shown)")
  }
}
