import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct PlanCommandTests {
  @Test func `the memory that plan tells is what quantize tells, and --dry-run is plan`() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let arguments = [
      sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--group-size", "64", "--method", "rtn",
      "--out", folder.path("out"),
    ]
    /// MiB of the line `memory: up to 73.7 MiB of …`.
    func told(_ text: String) throws -> Double {
      try #require(text.firstMatch(of: /memory: up to ([0-9.]+) MiB/).flatMap { Double($0.1) })
    }
    let plan = try skyquant(arguments: ["plan"] + arguments),
      dryRun = try skyquant(arguments: ["quantize", "--dry-run"] + arguments)
    #expect(plan.exitCode == 0 && dryRun.exitCode == 0 && masked(plan.output) == masked(dryRun.output))
    #expect(try folder.names().isEmpty)
    let run = try skyquant(arguments: ["quantize"] + arguments)
    #expect(run.exitCode == 0)
    #expect(abs(try told(plan.output) / told(run.errors) - 1) < 0.1)
  }
}
