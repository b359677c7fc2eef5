// One flipped bit in a .skyq file: no command that uses the values makes anything of it, and `check` tells all of it.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct LaunderingTests {
  private static let layer = "language_model.model.layers.1."
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let model: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    model = folder.path("model.skyq")
    expectSuccess(
      try skyquant("quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path("awq"), "--quiet"))
    expectSuccess(try skyquant("pack", folder.path("awq"), model, "--quiet"))
  }

  @Test(arguments: [0, 1, 2])
  func aDamagedPlaneEndsEveryCommandThatUsesItsValues(plane: Int) throws {
    let linear = Self.layer + "mlp.up_proj.weight"
    let range = try planes(of: linear, in: model)[plane]
    try flipBit(at: range.lowerBound + 7, in: model)
    let before = try folder.names()
    let commands = [
      ["export", model, "--out", folder.path("out")],
      ["export", model, "--to", "compressed-tensors", "--out", folder.path("out")],
      ["extract", model, "--tensor", linear, "--out", folder.path("out.safetensors")],
      ["inspect", model, "--dump-weights", folder.path("out.safetensors")],
      ["diff", model, folder.path("awq")],
      ["run", model, "--prompt", "2 +", "--max-tokens", "1"],
      [
        "verify", model, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions, "--samples",
        "1",
      ],
    ]
    for command in commands {
      let result = try skyquant(arguments: command + ["--quiet"])
      expectError(65, "tensor \"\(linear)\", offset \(range.lowerBound)) [E033]", from: result)
      #expect(try folder.names() == before)
    }
  }

  @Test func whatNeedsNoDamagedValueGoesOn() throws {
    try flipBit(at: try planes(of: Self.layer + "mlp.up_proj.weight", in: model)[0].lowerBound, in: model)
    expectSuccess(try skyquant("inspect", model))
    expectSuccess(try skyquant("inspect", model, "--tensors", "*"))
    expectSuccess(try skyquant("extract", model, "--file", "config.json"))
    expectSuccess(
      try skyquant(
        "extract", model, "--tensor", Self.layer + "mlp.down_proj.weight", "--out", folder.path("out.safetensors")))
  }

  @Test func checkTellsAllDamageAndNotOnlyTheFirst() throws {
    let damaged = ["mlp.up_proj.weight", "mlp.down_proj.weight", "input_layernorm.weight"].map { Self.layer + $0 }
    for name in damaged { try flipBit(at: try planes(of: name, in: model)[0].lowerBound, in: model) }
    for level in [[], ["--full"]] {
      let result = try skyquant(arguments: ["check", model, "--quiet"] + level)
      #expect(result.exitCode == 65 && result.output.contains(": 3 damaged, "))
      #expect(damaged.allSatisfy { result.output.contains("tensor \"\($0)\"") })
    }
  }
}
