import Foundation
import LayerSearch
import SampleModel
import TestSupport
import Testing
import Workflows

/// What a run has found out before its first layer, and the run that goes on with it.
@Suite struct PreparationTests {
  private struct Stop: Error {}

  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func run(_ model: String, _ name: String, resumes: Bool = false) -> QuantizationRun {
    var run = QuantizationRun(
      model: model, samples: .questions(sample.calibrationQuestions), output: folder.path(name))
    run.recipe.method = .awq
    run.recipe.samples.limit = 12
    run.secureInterval = 0
    run.resumes = resumes
    return run
  }

  /// Stops a run at the first step of a stage.
  private func stop(_ model: String, at kind: Stage.Kind) {
    #expect(throws: Stop.self) {
      try run(model, "out").run { event in
        if case .progress(let stage, let done, _) = event, stage.kind == kind, done > 0 { throw Stop() }
      }
    }
  }

  /// Goes on, and returns how many steps of each stage were taken.
  private func resume(_ model: String) throws -> [Stage.Kind: Int] {
    var steps: [Stage.Kind: Int] = [:]
    _ = try run(model, "out", resumes: true).run { event in
      if case .progress(let stage, let done, _) = event, done > 0 { steps[stage.kind, default: 0] += 1 }
    }
    return steps
  }

  @Test func `neither weights are hashed nor pictures encoded a second time, and the bytes are the same`() throws {
    stop(sample.modelDirectory, at: .quantizing)
    #expect(FileManager.default.fileExists(atPath: folder.path("out.skyquant-work/prepared")))
    let steps = try resume(sample.modelDirectory)
    #expect(steps[.hashing] == nil && steps[.visionTower] == nil && steps[.quantizing] == 16)
    _ = try run(sample.modelDirectory, "undisturbed").run()
    #expect(try haveSameFiles(folder.path("out"), folder.path("undisturbed")))
    #expect(try folder.names() == ["out", "undisturbed"])
  }

  @Test func `pictures that were encoded count, the others are made up for`() throws {
    stop(sample.modelDirectory, at: .visionTower)
    let steps = try resume(sample.modelDirectory)
    #expect(steps[.hashing] == nil && steps[.visionTower, default: 0] > 0)
    _ = try run(sample.modelDirectory, "undisturbed").run()
    #expect(try haveSameFiles(folder.path("out"), folder.path("undisturbed")))
  }

  @Test func `weights that were touched are hashed again, and others' pictures do not count`() throws {
    let model = folder.path("model")
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: model)
    stop(model, at: .quantizing)
    let shard = URL(fileURLWithPath: model + "/model-00001-of-00003.safetensors")
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: shard.path)
    var steps = try resume(model)
    #expect(steps[.hashing] != nil && steps[.visionTower] == nil, "the same content")
    try FileManager.default.removeItem(atPath: folder.path("out"))
    stop(model, at: .quantizing)
    try folder.write("{}", to: "model/notes.json")
    steps = try resume(model)
    #expect(steps[.visionTower] != nil, "another small file may mean other pictures")
  }
}
