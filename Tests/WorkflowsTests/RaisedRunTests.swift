// Runs that give some linears more bits, stopped on the way and gone on with.
import Foundation
import LayerSearch
import ModelConfig
import Quantization
import Reports
import SampleModel
import TestSupport
import Testing
import Workflows

@Suite struct RaisedRunTests {
  private struct Enough: Error {}
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func quantization(_ output: String) throws -> QuantizationRun {
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path(output))
    run.recipe.samples.limit = 8
    run.recipe.method = .awq
    return run
  }

  /// Stops a run where `isEnough`, goes on with it, and holds the outcome to that of an undisturbed one.
  private func expectResumes(_ change: (inout QuantizationRun) -> Void, _ isEnough: (RunEvent) -> Bool) throws {
    var stopped = try quantization("resumed"), whole = try quantization("whole")
    change(&stopped)
    change(&whole)
    stopped.secureInterval = 0
    #expect(throws: Enough.self) { try stopped.run { if isEnough($0) { throw Enough() } } }
    stopped.resumes = true
    let report = try stopped.run(), undisturbed = try whole.run()
    #expect(report.json == undisturbed.json)
    #expect(try haveSameFiles(folder.path("resumed"), folder.path("whole")))
  }

  @Test func `a choice of linears with more bits is not made anew when a run goes on`() throws {
    try expectResumes {
      $0.recipe.targetBitsPerWeight = 6
      $0.recipe.raisedForms = [.int8, .sixteenBit]
    } _: {
      if case .quantized(let layer) = $0 { layer.index == 2 } else { false }
    }
  }

  @Test(arguments: [OutsidePart.tower(layer: 1), .projector, .head])
  func `linears outside the layers are the same where a run was stopped between them`(part: OutsidePart) throws {
    try expectResumes {
      $0.recipe.rules = ["vision_model", "mlp1", "lm_head"].map { ModuleRule(NamePattern($0), .codes(.int8)) }
    } _: {
      if case .quantizedOutside(let outcome) = $0 { outcome.part == part } else { false }
    }
  }

  @Test func `linears outside the layers are the same where a run was stopped behind them`() throws {
    try expectResumes {
      $0.recipe.rules = [ModuleRule(NamePattern("mlp1"), .codes(.int8))]
    } _: {
      if case .quantized(let layer) = $0 { layer.index == 1 } else { false }
    }
  }
}
