// What multiplies is chosen by an option, named in reports, and shown by `doctor --machine`.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct NumericModeCommandTests {
  private let sample: SampleModel

  init() throws { sample = try SampleModel() }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func machine(environment: [String: String] = [:]) throws -> [String: Any] {
    let result = try skyquant(arguments: ["doctor", "--machine", "--json"], environment: environment)
    expectSuccess(result)
    return try object(result.output)
  }

  private func run(_ mode: String..., environment: [String: String] = [:]) throws -> [String: Any] {
    let result = try skyquant(
      arguments: ["run", sample.modelDirectory, "--prompt", "The sum of 2 and 2 is", "--max-tokens", "8", "--json"]
        + mode, environment: environment)
    expectSuccess(result)
    return try object(result.output)
  }

  @Test func `doctor shows all modes of this machine, and auto is the one its speeds call for`() throws {
    for environment in [[:], ["OPENBLAS_CORETYPE": "Prescott"]] {
      let report = try machine(environment: environment)
      let exact = try #require(report["exact"] as? [String: Any])
      let openblas = try #require(report["openblas"] as? [String: Any])
      let speeds = try [exact, openblas].map { try #require($0["gflops"] as? Double) }
      let bf16 = try #require(report["bf16"] as? [String: Any])
      #expect((bf16["gflops"] as? Double).map { $0 > 0 && $0.isFinite } == true)
      let gain = try #require(report["worthwhile_gain"] as? Double)
      #expect(openblas["available"] as? Bool == true)
      let faster = speeds[1] >= gain * speeds[0] ? openblas : exact
      #expect(report["auto"] as? String == faster["name"] as? String)
      let audit = try #require(report["audit"] as? [String: Double])
      #expect(audit.keys.sorted() == ["sha256", "values"] && audit.values.allSatisfy { $0 > 0 && $0.isFinite })
    }
    let text = try skyquant("doctor", "--machine")
    expectSuccess(text)
    #expect(
      text.output.contains("\nexact     ") && text.output.contains("\nbf16      ")
        && text.output.contains("\nopenblas  "), "\(text.output)")
    #expect(text.output.contains("\nSHA-256   ") && text.output.contains("\nvalues    "), "\(text.output)")
  }

  #if arch(x86_64)
    @Test func `the core that OpenBLAS takes is the one named, in doctor and in reports`() throws {
      let environment = ["OPENBLAS_CORETYPE": "Prescott"]
      let found = try #require(try machine(environment: environment)["openblas"] as? [String: Any])
      #expect(found["core"] as? String == "Prescott")
      let name = try #require(found["name"] as? String)
      #expect(name.hasPrefix("OpenBLAS ") && name.contains(" Prescott, "))
      let answered = try run("--numeric-mode", "openblas", environment: environment)
      #expect(answered["numeric_mode"] as? String == name)
    }
  #endif

  @Test func `run says the same in both modes, and what it multiplied with`() throws {
    let modes = try machine()
    let answers = try ["exact", "openblas"].map { try run("--numeric-mode", $0) }
    for (answer, mode) in zip(answers, ["exact", "openblas"]) {
      let name = try #require((modes[mode] as? [String: Any])?["name"] as? String)
      #expect(answer["numeric_mode"] as? String == name)
    }
    #expect(answers[0]["answer"] as? String == answers[1]["answer"] as? String)
    let unasked = try #require(try run()["numeric_mode"] as? String)
    #expect(answers.contains { $0["numeric_mode"] as? String == unasked })
  }

  @Test func `verify names the mode, and its numbers differ by rounding at most`() throws {
    let folder = try TemporaryDirectory()
    expectSuccess(try skyquant("quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path("rtn")))
    func verify(_ mode: String, threads: Int, _ more: String...) throws -> String {
      let result = try skyquant(
        arguments: [
          "verify", folder.path("rtn"), "--reference", sample.modelDirectory, "--questions",
          sample.evaluationQuestions, "--samples", "2", "--answer-tokens", "0", "--quiet", "--numeric-mode", mode,
          "--threads", "\(threads)",
        ] + more)
      expectSuccess(result)
      return result.output
    }
    var means: [Double] = []
    for mode in ["exact", "bf16", "openblas"] {
      let reports = try [1, 2, 3].map { try verify(mode, threads: $0, "--json") }
      #expect(reports.allSatisfy { $0 == reports[0] }, "\(mode) depends on the number of threads")
      let report = try object(reports[0])
      let name = try #require(report["numeric_mode"] as? String)
      let prefixes = ["exact": "exact, ", "bf16": "bf16 in pairs, ", "openblas": "OpenBLAS "]
      #expect(name.hasPrefix(prefixes[mode] ?? mode))
      #expect(try verify(mode, threads: 2).contains("\nnumeric mode: \(name)\n"))
      let all = try #require(report["all"] as? [String: Any])
      means.append(try #require((all["kl_divergence"] as? [String: Any])?["mean"] as? Double))
    }
    #expect(abs(means[0] - means[2]) <= 1e-3 * means[0])
    // bf16 rounds activations at 2⁻⁹, plain rounding of weights at a thirtieth.
    #expect(abs(means[0] - means[1]) <= 0.02 * means[0])
  }

  @Test func `quantize in bf16 is the same with any threads and again by its recipe, and says what multiplied`() throws
  {
    let folder = try TemporaryDirectory()
    func quantize(_ name: String, _ more: String...) throws -> String {
      expectSuccess(
        try skyquant(
          arguments: [
            "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--samples", "4",
            "--method", "awq", "--include", "layers.0.self_attn", "--out", folder.path(name), "--quiet",
          ] + more))
      let report = try object(String(contentsOfFile: folder.path(name) + "/skyquant.json", encoding: .utf8))
      let recipe = try #require(report["recipe"] as? [String: Any])
      let mode = try #require(report["numeric_mode"] as? String)
      #expect(recipe["numeric_mode"] as? String == mode)
      return mode
    }
    let mode = try quantize("one", "--numeric-mode", "bf16", "--threads", "1")
    #expect(mode == (try machine()["bf16"] as? [String: Any])?["name"] as? String)
    #expect(try quantize("two", "--numeric-mode", "bf16", "--threads", "2") == mode)
    #expect(try haveSameFiles(folder.path("one"), folder.path("two")))
    #expect(try quantize("again", "--recipe", folder.path("one") + "/skyquant.json") == mode)
    #expect(try haveSameFiles(folder.path("one"), folder.path("again")))
    #expect(try quantize("exact", "--recipe", folder.path("one") + "/skyquant.json", "--numeric-mode", "exact") != mode)
    let refused = try skyquant(
      "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--out", folder.path("other"),
      "--numeric-mode", "openblas")
    #expect(refused.exitCode == 64 && refused.errors.contains("'openblas' is invalid"), "\(refused.errors)")
  }

  @Test func `where OpenBLAS cannot be had it is an error to ask for it, and no other`() throws {
    // Its buffers alone take 128 MiB of address space a thread.
    let arguments = [
      "run", sample.modelDirectory, "--prompt", "2 +", "--max-tokens", "1", "--threads", "4", "--numeric-mode",
    ]
    let limit = 400 << 20
    expectError(
      69, "OpenBLAS cannot be used here: no address space",
      from: try skyquant(arguments: arguments + ["openblas"], addressSpaceLimit: limit))
    for mode in ["auto", "exact"] {
      expectSuccess(try skyquant(arguments: arguments + [mode], addressSpaceLimit: limit))
    }
  }
}
