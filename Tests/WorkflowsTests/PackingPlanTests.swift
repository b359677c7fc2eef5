// What `pack --dry-run` tells, against what packing then does.
import Foundation
import LayerSearch
import SampleModel
import Skyq
import Storage
import TestSupport
import Testing
import Workflows

@Suite struct PackingPlanTests {
  private let folder: TemporaryDirectory
  private let model: String

  init() throws {
    folder = try TemporaryDirectory()
    model = folder.path("awq")
    var run = QuantizationRun(
      model: try SampleModel().modelDirectory, samples: .questions(try SampleModel().calibrationQuestions),
      output: model)
    run.recipe.method = .rtn
    _ = try run.run()
  }

  @Test func `the bytes are those of the file, and nothing is written`() throws {
    let run = PackingRun(model: model, output: folder.path("model.skyq"))
    let plan = try run.plan()
    #expect(try folder.names() == ["awq"])
    let size = try run.run().header.fileSize
    // Digests that are not zeros are longer once they are compressed; a file ends at a whole page.
    #expect(abs(plan.outputByteCount - size) <= 4096, "\(plan.outputByteCount) planned, \(size) written")
    #expect(plan.memoryByteCount > 0 && plan.memoryByteCount < 1 << 30)
    #expect(plan.stages.stages.map(\.kind) == [.hashing, .tensors])
    #expect(plan.stages.stages.allSatisfy { $0.seconds >= 0 && $0.seconds < 600 })
  }

  @Test func `what packing would refuse before the work is refused`() throws {
    let taken = try folder.write("mine", to: "taken.skyq")
    #expect(throws: StorageError.exists(path: taken)) { try PackingRun(model: model, output: taken).plan() }
    var run = PackingRun(model: try SampleModel().modelDirectory, output: folder.path("model.skyq"))
    run.isProven = true
    #expect(throws: (any Error).self) { try run.plan() }
  }
}
