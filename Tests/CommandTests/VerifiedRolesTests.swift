// What is verified against what: a quantized model against its original, by questions that it has not seen.
import Foundation
import JSON
import SampleModel
import TestSupport
import Testing

@Suite struct VerifiedRolesTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let quantized: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    quantized = try roundedSample(at: folder.path("rtn"))
  }

  private func verify(
    _ candidate: String, _ reference: String, _ more: String..., questions: String? = nil
  ) throws -> CommandResult {
    try skyquant(
      arguments: [
        "verify", candidate, "--reference", reference, "--questions", questions ?? sample.evaluationQuestions,
        "--samples", "2", "--answer-tokens", "0", "--quiet",
      ] + more)
  }

  @Test func `a model and its original cannot change places`() throws {
    let original = sample.modelDirectory
    let swapped = try verify(original, quantized)
    expectError(65, "swap them: skyquant verify \(quantized) --reference \(original)", from: swapped)
    expectError(65, "is quantized itself; give the original", from: try verify(quantized, quantized))
    expectError(65, "has no linear in int4", from: try verify(original, original))
    expectError(65, "questions.jsonl: 2 samples, 2 pictures in ", from: try verify(original, original))
  }

  @Test func `what is wrong with questions is told, whatever they are asked of`() throws {
    let questions = try folder.write(#"{"image": "none.png", "question": "x"}"#, to: "questions.jsonl")
    let result = try verify(sample.modelDirectory, sample.modelDirectory, questions: questions)
    expectError(66, "questions.jsonl:1: ", from: result)
  }

  @Test func `two quantized models are compared if that is asked for`() throws {
    let other = folder.path("other")
    expectSuccess(try skyquant("export", quantized, "--to", "compressed-tensors", "--out", other, "--quiet"))
    let result = try verify(other, quantized, "--quantized-reference", "--json")
    expectSuccess(result)
    let report = try JSONValue(parsing: [UInt8](result.output.utf8))
    for scope in ["image", "prompt", "answer", "all"] {
      #expect(report[scope]?["kl_divergence"]?["mean"]?.doubleValue == 0, "\(scope)")
    }
  }

  @Test func `a gate is about answer tokens unless it names others`() throws {
    let result = try verify(
      quantized, sample.modelDirectory, "--max-mean-kl", "5", "--max-mean-kl", "image=5", "--min-top1", "all=1%")
    expectSuccess(result)
    for name in ["mean KL of answer tokens: ", "mean KL of image tokens: ", "same top-1 of all tokens: "] {
      #expect(result.output.contains("gate  " + name), "\(result.output)")
    }
  }

  @Test(arguments: [
    (["--min-top1", "95"], "--min-top1 95: give a share from 0 to 1, or 95%"),
    (["--max-mean-kl", "5%"], "5%: only --min-top1 takes per cent"),
    (["--max-mean-kl", "answers=0.1"], "answers=0.1"), (["--max-p99-kl", "nan"], "nan"),
    (["--max-ppl-ratio=-1"], "-1"), (["--min-top1", "101%"], "101%"),
  ]) func `a limit that means nothing is refused`(arguments: [String], message: String) throws {
    let result = try skyquant(
      arguments: ["verify", quantized, "--reference", sample.modelDirectory, "--questions", "q"] + arguments)
    #expect(result.exitCode == 64 && result.errors.contains(message), "\(result.errors)")
  }

  @Test func `a model that has seen the questions is told of`() throws {
    let seen = folder.path("seen")
    expectSuccess(
      try skyquant(
        "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--samples", "4", "--out",
        seen,
        "--quiet"))
    let flatters = "the numbers flatter it; verify on others"
    let same = try verify(seen, sample.modelDirectory, questions: sample.calibrationQuestions)
    #expect(same.errors.contains("was calibrated on questions.jsonl: \(flatters)"), "\(same.errors)")
    // Another file, one of the pictures.
    let images = sample.directory
    let lines = ["calibration/images/0000.jpg", "evaluation/images/0007.png"].map {
      #"{"image": "\#(images)/\#($0)", "question": "What is shown?", "answer": "A digit."}"#
    }
    let mixed = try folder.write(lines.joined(separator: "\n"), to: "mixed.jsonl")
    let half = try verify(seen, sample.modelDirectory, questions: mixed)
    #expect(half.errors.contains("was calibrated on 1 of these 2 pictures: \(flatters)"), "\(half.errors)")
    #expect(!(try verify(seen, sample.modelDirectory).errors.contains("flatter")))
  }
}
