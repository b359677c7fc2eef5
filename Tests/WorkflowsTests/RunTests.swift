// What the commands do, done from Swift code.
import Foundation
import Calibration
import LayerSearch
import ModelFiles
import ModelInputs
import Reports
import SampleModel
import Skyq
import Storage
import TestSupport
import Testing
import Verification
import Workflows

@Suite struct RunTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// A quick run: a few samples, one method.
  private func quantization(_ output: String, of model: String? = nil) throws -> QuantizationRun {
    var run = QuantizationRun(
      model: model ?? sample.modelDirectory, samples: .questions(sample.calibrationQuestions),
      output: folder.path(output))
    run.recipe.samples.limit = 8
    run.recipe.method = .awq
    return run
  }

  @Test func `a quantization tells of every layer in order and of every site, and says nothing else`() throws {
    var layers: [Int] = []
    var sites: [Int] = []
    let report = try quantization("awq").run { event in
      switch event {
      case .quantized(let layer): layers.append(layer.index)
      case .progress(.site, let done, let total):
        sites.append(done)
        #expect(total == 16)
      case .progress(let stage, let done, let total):
        #expect([.hashing, .prompts, .visionTower].contains(stage) && done <= total, "\(stage)")
      case .memory(let plan, let limit): #expect(plan.keepsActivations && plan.peak <= limit.byteCount)
      case .carried(_, let files): #expect(files.leftOut.isEmpty)
      case .warning(let text): #expect(text.contains("tokens are few to calibrate on"))
      default: Issue.record("\(event)")
      }
    }
    #expect(layers == [0, 1, 2, 3])
    #expect(sites == Array(1...16))
    #expect(report.reports.count == 28 && report.warnings.count == 1)
    let written = try FileManager.default.contentsOfDirectory(atPath: folder.path("awq"))
    #expect(written.contains("skyquant.json") && written.contains("config.json"))
  }

  @Test func `an observer that throws ends a quantization, and a later one goes on where it was secured`() throws {
    struct Enough: Error {}
    var stopped = try quantization("resumed")
    stopped.secureInterval = 0
    #expect(throws: Enough.self) {
      try stopped.run { if case .quantized(let layer) = $0, layer.index == 2 { throw Enough() } }
    }
    #expect(try folder.names() == ["resumed.skyquant-work"])
    stopped.resumes = true
    var resumedAt: [Int] = []
    let report = try stopped.run { if case .resumed(let count, _) = $0 { resumedAt.append(count) } }
    #expect(resumedAt == [2])
    let undisturbed = try quantization("whole").run()
    #expect(report.json == undisturbed.json)
    #expect(try haveSameFiles(folder.path("resumed"), folder.path("whole")))
  }

  @Test func `an observer that throws ends packing, and no file has the name`() throws {
    struct Enough: Error {}
    let run = PackingRun(model: sample.modelDirectory, output: folder.path("x.skyq"))
    #expect(throws: Enough.self) { try run.run { if case .progress(.tensors, 3, _) = $0 { throw Enough() } } }
    #expect(!FileManager.default.fileExists(atPath: folder.path("x.skyq")))
  }

  @Test func `directories beside a model are told of and left out`() throws {
    let model = folder.path("model")
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: model)
    try FileManager.default.createDirectory(atPath: model + "/images", withIntermediateDirectories: false)
    var told: [CarriedFiles.LeftOut] = []
    let packed = try PackingRun(model: model, output: folder.path("x.skyq")).run { event in
      if case .carried(_, let files) = event { told += files.leftOut }
    }
    #expect(told == [CarriedFiles.LeftOut(name: "images", reason: .directory)])
    #expect(packed.tensorCount > 0 && packed.header.fileSize > 0)
  }

  @Test func `a packed model is found intact, and damaged where a bit has flipped`() throws {
    var run = try quantization("awq")
    run.recipe.method = .rtn
    _ = try run.run()
    var packing = PackingRun(model: run.output, output: folder.path("x.skyq"))
    packing.isProven = true
    let packed = try packing.run()
    var check = IntegrityCheck(path: packing.output, isFull: true)
    #expect(try check.run().problems.isEmpty)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: packing.output))
    try file.seek(toOffset: UInt64(packed.header.fileSize - 1))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(packed.header.fileSize - 1))
    try file.write(contentsOf: [byte ^ 1])
    try file.close()
    #expect(try check.run().problems.count == 1)
    check.isFull = false
    check.path = run.output
    #expect(!check.hasChecksums)
    #expect(try check.run().problems.isEmpty)
  }

  /// The plainly rounded sample, or `model`.
  private func rounded(_ output: String, of model: String? = nil) throws -> String {
    var run = QuantizationRun(
      model: model ?? sample.modelDirectory, samples: SampleSource(), output: folder.path(output))
    run.recipe.method = .rtn
    _ = try run.run()
    return run.output
  }

  @Test func `each model of a verification answers as it does when it is asked alone`() throws {
    var samples = SampleSource.questions(sample.evaluationQuestions)
    samples.limit = 2
    let quantized = try rounded("rtn")
    let run = VerificationRun(quantized: quantized, reference: sample.modelDirectory, samples: samples)
    let report = try run.run().reports[0]
    #expect(report.overall.divergence.max > 0 && report.passes)
    let pairs = try #require(report.answers).pairs
    #expect(pairs.map(\.sample) == [1, 2])
    let question = try #require(try samples.samples(LoadedModel(sample.modelDirectory).builder).first?.question)
    let directory = sample.evaluationQuestions.prefix(
      through: try #require(sample.evaluationQuestions.lastIndex(of: "/")))
    for (model, said) in [(sample.modelDirectory, pairs[0].reference), (quantized, pairs[0].quantized)] {
      var answer = AnswerRun(model: model, question: question)
      answer.settings.maxTokens = VerificationRun.defaultAnswerTokens
      answer.question.images = question.images.map { directory + $0 }
      var pieces = ""
      #expect(try answer.run { pieces += $0 }.text == said)
      #expect(pieces.contains(said))
    }
  }

  /// How many tiles are to go through vision towers when `quantized` is verified with these lines.
  private func tileCount(_ quantized: String, _ lines: [String]) throws -> Int {
    try folder.write(lines.joined(separator: "\n"), to: "questions.jsonl")
    var run = VerificationRun(
      quantized: quantized, reference: sample.modelDirectory, samples: .questions(folder.path("questions.jsonl")))
    run.answerTokens = 0
    var counts: [Int] = []
    let report = try run.run { event in
      if case .progress(.visionTower, let done, let total) = event {
        counts.append(done)
        #expect(done == counts.count && done <= total)
      }
    }.reports[0]
    #expect(report.overall.divergence.max > 0)
    return counts.count
  }

  @Test func `a picture passes a tower once, however many questions show it, and once more if towers differ in a bit`()
    throws
  {
    let images = URL(fileURLWithPath: sample.evaluationQuestions).deletingLastPathComponent().path + "/images/"
    func line(_ image: String, _ question: String) -> String {
      #"{"image": "\#(images + image)", "question": "\#(question)", "answer": "One."}"#
    }
    let first = [line("0000.jpg", "How many?")], second = [line("0001.png", "Where?")]
    let lines = first + second + [line("0000.jpg", "Which?"), line("0001.png", "How many?"), first[0]]
    let model = try rounded("rtn")
    let distinct = try tileCount(model, first) + tileCount(model, second)
    #expect(try tileCount(model, lines) == distinct)

    let copy = folder.path("copy")
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: copy)
    let shard = copy + "/model-00001-of-00003.safetensors"
    let header = try Data(contentsOf: URL(fileURLWithPath: shard)).prefix(8)
    // The first tensor is the tower's class embedding; the high byte of its first value.
    try flipBit(at: 8 + header.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) } + 1, in: shard)
    #expect(try tileCount(try rounded("other", of: copy), lines) == 2 * distinct)
  }
}
