// Answers that are drawn, and letters that nobody writes: against the model by itself.
import Evaluation
import Foundation
import ImageProcessing
import ModelInputs
import PairedStatistics
import ReferenceModel
import Reports
import SampleModel
import Storage
import Tensors
import TestSupport
import Testing
import Workflows

@Suite struct EvaluationModesTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func picture(_ number: Int) -> String {
    "\(sample.directory)/evaluation/images/\(["0001.png", "0002.png", "0007.png"][number])"
  }

  /// Questions with options about pictures of the sample, and one without.
  private func options() throws -> String {
    var rows = ["index\tquestion\tA\tB\tC\tanswer\timage"]
    for (number, answer) in ["A", "C", "16"].enumerated() {
      let file = URL(fileURLWithPath: picture(number))
      let options = answer == "16" ? "\t\t" : "red\tgreen\tblue"
      rows.append(
        "\(number)\tWhich colour is it?\t\(options)\t\(answer)\t\(try Data(contentsOf: file).base64EncodedString())")
    }
    return try folder.write(rows.joined(separator: "\n") + "\n", to: "options.tsv")
  }

  private func lines(_ path: String) throws -> [[String: Any]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  /// Logarithms of the probabilities of what follows an input, layer by layer.
  private func logarithms(_ input: ModelInput, _ model: LoadedModel) throws -> [Double] {
    let pixels = try #require(input.pixels), side = 3 * pixels.tiles[0].width * pixels.tiles[0].height
    var values: [Float] = []
    for tile in pixels.tiles.indices { values += pixels.values(of: tile).values }
    #expect(values.count == pixels.tiles.count * side)
    let width = pixels.tiles[0].width, height = pixels.tiles[0].height
    let tokens = try model.model.projectTiles(Tensor(shape: [pixels.tiles.count, 3, height, width], values: values))
    let language = model.model.language
    var cache = KVCache(layerCount: language.layerCount)
    let hidden = try language(
      model.model.embed(ids: input.ids, imageContextToken: model.builder.imageContextID, imageTokens: tokens),
      cache: &cache)
    let scores = language.logits(hidden.rows(hidden.rowCount - 1..<hidden.rowCount)).values.map(Double.init)
    let sum = log(scores.reduce(0) { $0 + exp($1) })
    return scores.map { $0 - sum }
  }

  @Test func `letters have the probabilities that the model gives them, and the likeliest is the answer`() throws {
    var run = EvaluationRun(models: [sample.modelDirectory], benchmarks: [try options()])
    run.reference = .model(path: sample.modelDirectory)
    run.mode = .choiceLogits
    run.answers = folder.path("answers")
    let report = try run.run()
    let benchmark = try #require(report.benchmarks.first)
    #expect(benchmark.rows.askedCount == 2 && benchmark.rows.faults.count == 1)
    #expect(benchmark.rows.faults[0].contains("row 3 (index 2)") && benchmark.rows.faults[0].contains("no letter"))
    #expect(benchmark.rows.renderedPrompt.hasSuffix("Answer:"))
    let loss = try #require(benchmark.losses.first)
    #expect(loss.letters?.count == 2 && loss.letters?.mean == 0 && loss.agreement.equal == 2)

    let model = try LoadedModel(sample.modelDirectory)
    let logged = try lines(folder.path("answers"))
    #expect(logged.count == 2, "one model, asked once")
    for (number, line) in logged.enumerated() {
      let text =
        "<image>\nQuestion: Which colour is it?\nOptions:\nA. red\nB. green\nC. blue\n"
        + "Please select the correct answer from the options above. \n"
      let (input, tokens) = try model.builder.input(
        for: Question(images: [picture(number)], text: text), choosing: ["A", "B", "C"]
      ) { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
      let expected = try logarithms(input, model)
      let letters = try #require(line["letters"] as? [String: Double])
      for (letter, token) in zip(["A", "B", "C"], tokens) {
        let found = try #require(letters[letter])
        #expect(abs(found - expected[token]) <= 1e-5 * max(1, abs(found)), "\(letter)")
      }
      #expect(line["answer"] as? String == letters.max { $0.value < $1.value }?.key)
      #expect(line["tokens"] as? Int == 0)
    }
    // Answers that are written are others, in the same file.
    run.mode = .generate
    run.maxTokens = 2
    _ = try run.run()
    #expect(try lines(folder.path("answers")).count == 5)
  }

  @Test func `the floor asks the original again, and other batches change none of its answers`() throws {
    var run = EvaluationRun(models: [sample.modelDirectory], benchmarks: [sample.evaluationQuestions])
    run.reference = .model(path: sample.modelDirectory)
    (run.limit, run.maxTokens, run.batchSize) = (6, 24, 5)
    run.answers = folder.path("answers")
    #expect(try run.run().benchmarks[0].floors.isEmpty)
    run.measuresFloor = true
    var told = 0
    let floors = try run.run { if case .progress(.answers, let done, let total) = $0, done == total { told = total } }
      .benchmarks[0].floors
    let floor = try #require(floors.first)
    #expect(floor.change == "batches of 3" && floor.count == 6)
    #expect(floor.differingCount == 0 && floor.changedCount == 0)
    #expect(floor.decisions?.rightToWrong == 0 && floor.decisions?.wrongToRight == 0)
    #expect(told == 6 * (2 + floors.count))
    // The other numeric mode is another setting, whose answers are kept too.
    #expect(floors.count == 1 || floors[1].change.hasPrefix("OpenBLAS"))
    #expect(try lines(folder.path("answers")).count == 6 * floors.count)
  }

  private func drawn(batchSize: Int = 16) throws -> EvaluationRun {
    var run = EvaluationRun(models: [sample.modelDirectory], benchmarks: [sample.evaluationQuestions])
    (run.limit, run.maxTokens, run.samples, run.seed, run.batchSize) = (3, 12, 3, 7, batchSize)
    run.sampling = SamplingOptions(temperature: 2, topK: nil)
    return run
  }

  @Test func `an answer is drawn by seed, row and number, as if nothing else were asked`() throws {
    var run = try drawn()
    run.answers = folder.path("answers")
    let report = try run.run()
    #expect(report.benchmarks[0].scores[0].answers.count == 9)
    #expect(report.benchmarks[0].scores[0].metrics[0].estimate.count == 3)
    let logged = try lines(folder.path("answers"))
    #expect(logged.count == 9 && Set(logged.compactMap { $0["answer"] as? String }).count > 3)
    let questions = try SampleSource.questions(sample.evaluationQuestions)
      .samples(LoadedModel(sample.modelDirectory).builder)
    for line in logged {
      let row = try #require(line["row"] as? Int), number = line["sample"] as? Int ?? 1
      var question = questions[row - 1].question
      question.images = question.images.map { "\(sample.directory)/evaluation/\($0)" }
      var alone = AnswerRun(model: sample.modelDirectory, question: question)
      (alone.settings.sampling, alone.settings.maxTokens) = (run.sampling, run.maxTokens)
      let digest = SHA256Hasher.hash(Array("7/\(row)/\(number)".utf8)).description
      alone.settings.sampling.seed = try #require(UInt64(digest.prefix(16), radix: 16))
      #expect(try alone.run().text == line["answer"] as? String)
    }
  }

  @Test func `letters have the same probabilities, bit by bit, whatever is read beside them`() throws {
    func letters(_ batchSize: Int, _ benchmark: String) throws -> [[String: Double]] {
      var run = EvaluationRun(models: [sample.modelDirectory], benchmarks: [benchmark])
      (run.mode, run.batchSize, run.answers) = (.choiceLogits, batchSize, folder.path("letters-\(batchSize)"))
      _ = try run.run()
      defer { try? FileManager.default.removeItem(atPath: folder.path("letters-\(batchSize)")) }
      return try lines(folder.path("letters-\(batchSize)")).map { try #require($0["letters"] as? [String: Double]) }
    }
    let path = try options(), rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let alone = try rows[1...2].enumerated().map { number, row in
      try letters(1, folder.write("\(rows[0])\n\(row)\n", to: "row-\(number).tsv"))[0]
    }
    for batchSize in [1, 16] { #expect(try letters(batchSize, path) == alone) }
  }

  @Test func `neither the batch nor a stop changes a drawn answer, another seed does`() throws {
    struct Enough: Error {}
    let undisturbed = try drawn().run()
    var run = try drawn(batchSize: 2)
    run.answers = folder.path("answers")
    #expect(throws: Enough.self) { try run.run { if case .progress(.answers, 5, 9) = $0 { throw Enough() } } }
    #expect(try lines(folder.path("answers")).count == 5)
    #expect(try run.run().json == undisturbed.json)
    let before = try lines(folder.path("answers")).count
    run.seed = 8
    run.limit = nil
    run.samples = 1
    #expect(throws: Enough.self) { try run.run { if case .progress(.answers, 1, _) = $0 { throw Enough() } } }
    #expect(try lines(folder.path("answers")).count == before + 1)
  }
}
