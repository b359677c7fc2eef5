// Questions answered together: what PyTorch says to each of them, in the order of the file, however many are at work.
import Foundation
import LayerSearch
import ModelInputs
import ReferenceModel
import SampleModel
import Storage
import TestSupport
import Tensors
import Testing
@testable import Workflows

@Suite struct AnswersTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// The first questions of the sample and what PyTorch answers.
  private func asked(_ count: Int) throws -> [(question: String, reference: String)] {
    let text = try String(contentsOfFile: sample.evaluationQuestions, encoding: .utf8)
    return try text.split(separator: "\n").prefix(count).map { line in
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
      return (try #require(object["question"]), try #require(object["reference"]))
    }
  }

  private func run(_ questions: String, limit: Int? = nil) -> QuestionsRun {
    var run = QuestionsRun(model: sample.modelDirectory, questions: questions)
    run.limit = limit
    run.settings.maxTokens = 48
    return run
  }

  private func items(_ run: QuestionsRun, observe: RunObserver = { _ in }) throws -> [QuestionsRun.Item] {
    var items: [QuestionsRun.Item] = []
    _ = try run.run(onItem: { items.append($0) }, observe: observe)
    return items
  }

  @Test(arguments: [1, 5, 64])
  func `answers are PyTorch's and come in the order of the questions`(batchSize: Int) throws {
    let expected = try asked(12)
    var run = run(sample.evaluationQuestions, limit: expected.count)
    run.batchSize = batchSize
    var told: [Int] = []
    let items = try items(run) { event in
      switch event {
      case .progress(.answers, let done, expected.count): told.append(done)
      default: Issue.record("\(event)")
      }
    }
    #expect(items.map(\.question.text) == expected.map(\.question))
    #expect(items.map(\.answer.text) == expected.map(\.reference))
    #expect(items.allSatisfy { $0.answer.isFinished && $0.prompt.contains($0.question.text) })
    #expect(told == Array(1...expected.count))
  }

  @Test func `an answer is drawn as if its question were asked alone`() throws {
    var run = run(sample.evaluationQuestions, limit: 4)
    run.settings.sampling = SamplingOptions(temperature: 2, topK: nil, seed: 3)
    run.settings.maxTokens = 12
    let items = try items(run)
    let directory = String(sample.evaluationQuestions.dropLast("questions.jsonl".count))
    for item in items {
      var question = item.question
      question.images = question.images.map { directory + $0 }
      var alone = AnswerRun(model: sample.modelDirectory, question: question)
      alone.settings = run.settings
      let answer = try alone.run()
      #expect(answer.text == item.answer.text && answer.prompt == item.prompt)
    }
    #expect(Set(items.map(\.answer.text)).count > 1)
  }

  @Test func `an answer that is cut off says so`() throws {
    var run = run(sample.evaluationQuestions, limit: 2)
    run.settings.maxTokens = 1
    let answers = try items(run).map(\.answer)
    #expect(answers.allSatisfy { !$0.isFinished && $0.ids.count == 1 })
  }

  @Test func `a question that cannot be asked ends the run with its place`() throws {
    let lines = [#"{"question": "What?"}"#, #"{"question": "Which?", "image": "none.png"}"#]
    let path = try folder.write(lines.joined(separator: "\n"), to: "q.jsonl")
    let error = #expect(throws: QuestionError.self) { try items(run(path)) }
    let text = try #require(error.map { "\($0)" })
    #expect(text.hasPrefix("\(path):2: ") && text.contains("none.png"), "\(text)")
  }

  @Test func `a limit of memory changes no answer, and one that cannot be kept is refused before the first`() throws {
    var run = run(sample.evaluationQuestions, limit: 6)
    let unlimited = try items(run).map(\.answer)
    run.memoryLimit = 1 << 20
    var shortage = try #require(throws: MemoryShortage.self) {
      try run.run(onItem: { _ in Issue.record("an answer") })
    }
    #expect(shortage.limit == 1 << 20 && shortage.stage.hasPrefix("an answer of up to 48 tokens to a prompt of "))
    // What other tests of this process do is in memory, too.
    run.memoryLimit = shortage.needed + 4 << 30
    var said: [MemoryUse] = []
    let limited = try items(run) { if case .memoryUse(let use) = $0 { said.append(use) } }.map(\.answer)
    #expect(limited == unlimited)
    #expect(said.count == 1 && said[0].limit.byteCount == run.memoryLimit && said[0].peak <= said[0].limit.byteCount)

    var alone = AnswerRun(model: sample.modelDirectory, question: Question(text: "What is this?"))
    let answer = try alone.run().text
    alone.memoryLimit = 1 << 20
    shortage = try #require(throws: MemoryShortage.self) { try alone.run { _ in Issue.record("a piece") } }
    alone.memoryLimit = shortage.needed + 4 << 30
    #expect(try alone.run().text == answer)
  }

  @Test func `whoever is told an answer may end the run`() throws {
    struct Enough: Error {}
    var count = 0
    #expect(throws: Enough.self) {
      try run(sample.evaluationQuestions, limit: 3).run(onItem: { _ in
        count += 1
        throw Enough()
      })
    }
    #expect(count == 1)
  }

  @Test func `what comes in any order is told in its own`() {
    var ordered = InOrder<String>()
    #expect(ordered.add("c", 2).isEmpty)
    #expect(ordered.add("a", 0) == ["a"])
    #expect(ordered.add("b", 1) == ["b", "c"])
    #expect(ordered.add("d", 3) == ["d"])
  }

  @Test func `tiles that nobody waits for are kept as long as there is room, the latest ones`() {
    let digests = (0..<3).map { SHA256Hasher.hash([UInt8($0)]) }
    // Room for two of them: 4 · 6 bytes each.
    let tokens = TileTokens(towerCount: 1, keptByteCount: 48)
    func isThere() -> [Bool] { digests.map { tokens[0, $0] != nil } }
    tokens.claim(digests)
    for digest in digests { tokens[0, digest] = Tensor(zeros: [2, 3]) }
    tokens.retire(digests[0])
    tokens.retire(digests[1])
    #expect(isThere() == [true, true, true])
    tokens.claim([digests[0]])
    tokens.retire(digests[2])
    #expect(isThere() == [true, true, true])
    tokens.retire(digests[0])
    #expect(isThere() == [true, false, true])
  }

  @Test func `the first tiles stay for good where there is room, of each tower`() {
    let digests = (0..<3).map { SHA256Hasher.hash([UInt8($0)]) }
    // Room for two of 24 bytes that stay, and for one more that may be used again.
    let tokens = TileTokens(towerCount: 2, keptByteCount: 24, pinnedByteCount: 48)
    func isThere(_ tower: Int) -> [Bool] { digests.map { tokens[tower, $0] != nil } }
    for _ in 0..<2 {
      tokens.claim(digests)
      for digest in digests {
        tokens[0, digest] = Tensor(zeros: [2, 3])
        tokens.retire(digest)
      }
      #expect(isThere(0) == [true, true, true])
    }
    tokens[1, digests[0]] = Tensor(zeros: [2, 3])
    tokens.retire(digests[0])
    #expect(isThere(0) == [true, true, false] && isThere(1) == [true, false, false])
  }
}
