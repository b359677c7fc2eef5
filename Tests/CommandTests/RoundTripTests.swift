// The sample in other tools' layouts: the same model to every command, and the same bytes when it comes back.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct RoundTripTests {
  private let folder: TemporaryDirectory
  private let awq: String

  init() throws {
    folder = try TemporaryDirectory()
    awq = folder.path("awq")
    let original = try SampleModel().modelDirectory
    try #require(try skyquant("quantize", original, "--method", "rtn", "--out", awq, "--quiet").exitCode == 0)
  }

  private func run(_ arguments: String...) throws -> String {
    let result = try skyquant(arguments: arguments + ["--quiet"])
    try #require(result.exitCode == 0, "\(arguments): \(result.errors)")
    return result.output
  }

  @Test func `a symmetric model goes to GPTQ in either version, which says so, and comes back`() throws {
    let (symmetric, back) = (folder.path("symmetric"), folder.path("back"))
    _ = try run(
      "quantize", try SampleModel().modelDirectory, "--method", "rtn", "--scheme", "int4-sym", "--out", symmetric)
    for layout in ["gptq", "gptq-v1"] {
      let other = folder.path(layout)
      _ = try run("export", symmetric, "--to", layout, "--out", other)
      let config = try String(contentsOfFile: other + "/config.json", encoding: .utf8)
      #expect(config.contains("\"sym\": true"))
      try? FileManager.default.removeItem(atPath: back)
      _ = try run("export", other, "--to", "awq", "--out", back)
      #expect(try haveSameFiles(symmetric, back))
    }
  }

  @Test func `a model widened for devices computes the same`() throws {
    let wide = folder.path("wide")
    #expect(
      try run("export", awq, "--pad-for", "3", "--out", wide).contains(
        "MLPs of 768 features, of which the last 256 are zeros: 3 devices can share them by whole groups"))
    #expect(try run("check", wide, "--full").contains("intact"))
    #expect(try run("inspect", wide).contains("28 of 28 linears of the language model in int4"))
    let reference = [
      "--reference", try SampleModel().modelDirectory, "--questions", try SampleModel().evaluationQuestions,
      "--samples", "4", "--quiet",
    ]
    let reports = try [awq, wide].map { model in
      let result = try skyquant(arguments: ["verify", model] + reference)
      expectSuccess(result)
      return result.output.drop { $0 != "\n" }  // the first line names the model
    }
    #expect(reports[0].contains("same top-1") && reports[0] == reports[1])
  }

  @Test func `widened as it is quantized, or afterwards: the same tensors`() throws {
    let (narrow, afterwards, atOnce) = (folder.path("narrow"), folder.path("afterwards"), folder.path("at-once"))
    let quantize = ["quantize", try SampleModel().modelDirectory, "--method", "rtn", "--skip", "*.1.mlp.*", "--quiet"]
    expectSuccess(try skyquant(arguments: quantize + ["--out", narrow]))
    _ = try run("export", narrow, "--pad-for", "3", "--out", afterwards)
    let wide = try skyquant(arguments: quantize + ["--pad-for", "3", "--out", atOnce])
    expectSuccess(wide)
    #expect(wide.output.contains("MLPs of 768 features, of which the last 256 are zeros: 3 devices can share them"))
    let difference = try skyquant("diff", afterwards, atOnce, "--quiet").output
    #expect(difference.contains("tensors that differ: 0"), "\(difference)")
    #expect(
      try ["config.json", "model.safetensors"].allSatisfy {
        try Data(contentsOf: URL(fileURLWithPath: afterwards + "/" + $0))
          == Data(contentsOf: URL(fileURLWithPath: atOnce + "/" + $0))
      })
  }

  @Test func `a model that devices can share already is exported as it is`() throws {
    let same = folder.path("same")
    #expect(
      try run("export", awq, "--pad-for", "4", "--out", same).contains("4 devices can share the MLPs as they are"))
    #expect(try haveSameFiles(awq, same))
    let refused = try skyquant("export", awq, "--pad-for", "4", "--to", "gguf-q4_1", "--out", folder.path("g.gguf"))
    #expect(refused.exitCode == 64 && refused.errors.contains("--pad-for is for checkpoints"))
  }

  @Test(arguments: [("compressed-tensors", "pack-quantized g128"), ("gptq", "gptq_v2 g128")])
  func `the same model in another layout`(layout: String, encoding: String) throws {
    let (other, packed, back) = (folder.path("other"), folder.path("other.skyq"), folder.path("back"))
    _ = try run("export", awq, "--to", layout, "--out", other)
    let summary = try run("inspect", other)
    #expect(summary.contains(encoding) && summary.contains("28 of 28 linears of the language model in int4"))
    #expect(try run("check", other, "--full").contains("intact"))
    #expect(try skyquant("diff", awq, other, "--quiet").output.contains("tensors that differ: 0, files that differ: 2"))
    _ = try run("import", other, packed)
    for source in [other, packed] {
      try? FileManager.default.removeItem(atPath: back)
      _ = try run("export", source, "--to", "awq", "--out", back)
      #expect(try haveSameFiles(awq, back))
    }
    // What both compute is the same to the last bit: every tensor of the forward pass, and the whole report.
    let asked = [
      "--image", try SampleModel().directory + "/evaluation/images/0007.png", "--question",
      "What is the sum of the two digits?", "--quiet",
    ]
    let reference = [
      "--reference", try SampleModel().modelDirectory, "--questions", try SampleModel().evaluationQuestions,
      "--samples", "4", "--quiet",
    ]
    func traced(_ model: String, _ name: String) throws -> Data {
      let trace = folder.path(name + ".safetensors")
      expectSuccess(try skyquant(arguments: ["run", model, "--trace", trace] + asked))
      return try Data(contentsOf: URL(fileURLWithPath: trace))
    }
    func report(_ model: String) throws -> Substring {
      let result = try skyquant(arguments: ["verify", model] + reference)
      expectSuccess(result)
      return result.output.drop { $0 != "\n" }  // the first line names the model
    }
    let (trace, text) = (try traced(awq, "awq"), try report(awq))
    #expect(text.contains("same top-1"))
    for (index, model) in [other, packed].enumerated() {
      #expect(try traced(model, "\(index)") == trace)
      #expect(try report(model) == text)
    }
  }
}
