// One model through one benchmark.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import JSON
internal import Kernels
internal import ModelFiles
internal import ModelInputs
internal import Storage

/// A model that answers the rows of a benchmark.
struct EvaluationPass {
  private let model: LoadedModel
  private let contentID: String
  private let file: BenchmarkFile
  private let layout: PromptLayout
  private let instruction: String?
  private let maxTokens: Int
  private let settings: String

  /// - Throws: what `LoadedModel` throws.
  init(_ asked: EvaluationRun.AskedModel, _ file: BenchmarkFile, _ run: EvaluationRun) throws {
    var prompt = run.prompt
    prompt.system = prompt.system ?? file.benchmark.prompt.system
    model =
      prompt == run.prompt
      ? asked.loaded : try LoadedModel(asked.loaded.file, prompt: prompt, numericMode: run.numericMode)
    contentID = asked.contentID
    self.file = file
    (layout, instruction, maxTokens) = (run.layout, run.instruction, run.maxTokens)
    settings = try run.answerSettings()
  }

  /// A row as the model reads it.
  /// - Throws: what `BenchmarkFile.asked` throws; why the question cannot become an input.
  func input(_ number: Int) throws -> (asked: BenchmarkFile.Asked, input: ModelInput) {
    let asked = try file.asked(number, layout: layout, instruction: instruction)
    do {
      let input = try model.builder.input(for: asked.question, includesAnswer: false) {
        try file.bytes(of: $0, in: asked)
      }
      return (asked, input)
    } catch let error as any CategorizedError where error.category.isAboutRow {
      throw asked.row.fault(.unaskable(error.description))
    }
  }

  /// The answers to all rows that can be asked: from the log, or else from the model, which are logged.
  /// - Throws: what keeps the model from answering and the log from growing; in a strict run what is wrong with a row.
  func answers(
    _ rows: inout AskedRows, _ log: AnswerLog, _ progress: inout AnswerProgress, _ observe: RunObserver
  ) throws -> [Int: GivenAnswer] {
    var answers: [Int: GivenAnswer] = [:]
    var open: [Int] = []
    for number in rows.usableNumbers {
      guard let id = try reporting(number, &rows, { try self.id(of: number) }) else { continue }
      if let answer = log[id] { answers[number] = answer } else { open.append(number) }
    }
    if !answers.isEmpty { try observe(.answersFound(answers.count, of: rows.numbers.count, benchmark: file.path)) }
    try progress.advance(by: rows.numbers.count - open.count, observe)
    var waiting = open[...]
    var given: [(number: Int, id: AnswerID, row: Int, opensThinking: Bool)] = []
    try model.answer(
      {
        while let number = waiting.popFirst() {
          guard let (asked, input) = try reporting(number, &rows, { try self.input(number) }) else {
            try progress.advance(by: 1, observe)
            continue
          }
          for remark in input.remarks { try observe(.warning("\(asked.row.place.file.displayed): \(remark)")) }
          given.append((number, id(asked), asked.row.place.row, input.opensThinking))
          return input
        }
        return nil
      }, maxTokens: maxTokens
    ) { index, said in
      let (number, id, row, opensThinking) = given[index]
      let answer = GivenAnswer(
        ModelAnswer(said.text, opensThinking: opensThinking, isTruncated: said.isTruncated),
        tokenCount: said.tokenCount)
      try requireUnchanged()
      try log.add(answer, id, row: row)
      answers[number] = answer
      try progress.advance(by: 1, observe)
    }
    return answers
  }

  /// What `body` gives; nil if the row is at fault, which is noted.
  private func reporting<Value>(_ number: Int, _ rows: inout AskedRows, _ body: () throws -> Value) throws -> Value? {
    do {
      return try body()
    } catch let error as BenchmarkError {
      try rows.leaveOut(number, error)
    } catch let error as StorageError where error.category.isAboutRow {
      try rows.leaveOut(number, try file.source.row(number).fault(.unaskable(error.description)))
    }
    return nil
  }

  /// Checks that what answers are logged for is still what was opened.
  /// - Throws: `StorageError.changedWhileReading`.
  private func requireUnchanged() throws(StorageError) {
    try file.requireUnchanged()
    for weights in model.file.weightFiles { _ = try weights.wasTouched() }
  }

  private func id(of number: Int) throws -> AnswerID {
    id(try file.asked(number, layout: layout, instruction: instruction))
  }

  private func id(_ asked: BenchmarkFile.Asked) -> AnswerID {
    AnswerID(
      benchmark: file.source.digest.description, index: asked.row.index, model: contentID, settings: settings,
      question: asked.digest)
  }
}

extension EvaluationRun {
  /// SHA-256 of what decides an answer beside model and question.
  func answerSettings() throws -> String {
    let settings: JSONValue = [
      "max_tokens": .integer(maxTokens), "numeric_mode": .string(numericMode.name),
      "system": prompt.system.map(JSONValue.string) ?? .null,
      "template": prompt.template.map(JSONValue.string) ?? .null,
      "think": prompt.thinks.map(JSONValue.bool) ?? .null,
    ]
    return SHA256Hasher.hash(try settings.serialized(.canonical)).description
  }
}

extension ModelInput {
  /// Whether the prompt ends inside reasoning, so that an answer begins there.
  fileprivate var opensThinking: Bool {
    var text = renderedPrompt[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text.hasSuffix("<think>")
  }
}

extension FailureCategory {
  /// Whether a row or its pictures are at fault, and not what computes.
  fileprivate var isAboutRow: Bool { self == .malformedInput || self == .missingInput || self == .unsupported }
}

/// How many answers there are, of all.
struct AnswerProgress {
  let total: Int
  private var done = 0

  init(total: Int) { self.total = total }

  /// So many more.
  mutating func advance(by count: Int, _ observe: RunObserver) throws {
    done += count
    try observe(.progress(.answers, done: done, total: total))
  }
}
