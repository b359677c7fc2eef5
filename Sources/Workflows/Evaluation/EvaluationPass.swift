// One model through one benchmark.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import ModelFiles
internal import ModelInputs
internal import Storage

/// A model that answers the rows of a benchmark.
struct EvaluationPass {
  let model: LoadedModel
  let run: EvaluationRun
  private let contentID: String
  private let file: BenchmarkFile
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
    self.run = run
    settings = try run.answerSettings()
  }

  /// A row as the model reads it.
  struct Asked {
    let row: BenchmarkRow
    let question: Question
    let id: AnswerID
    let input: ModelInput
    /// Letters to choose among, each with the token that stands for it; empty where the model writes its answer.
    let letters: [(letter: String, token: Int)]
  }

  /// A row as the model reads it.
  /// - Throws: what `BenchmarkFile.asked` throws; why the question cannot become an input, or has no letters to choose
  ///   among where the run wants these.
  func asked(_ number: Int) throws -> Asked {
    let asked = try file.asked(number, layout: run.layout, instruction: run.instruction)
    func bytes(_ name: String) throws -> [UInt8] { try file.bytes(of: name, in: asked) }
    do {
      switch run.mode {
      case .generate:
        let input = try model.builder.input(for: asked.question, includesAnswer: false, readImage: bytes)
        return Asked(row: asked.row, question: asked.question, id: id(asked), input: input, letters: [])
      case .choiceLogits:
        let letters = try file.letters(of: asked.row)
        let (input, tokens) = try model.builder.input(for: asked.question, choosing: letters, readImage: bytes)
        return Asked(
          row: asked.row, question: asked.question, id: id(asked), input: input,
          letters: zip(letters, tokens).map { (letter: $0, token: $1) })
      }
    } catch let error as any CategorizedError where error.category.isAboutRow && !(error is BenchmarkError) {
      throw asked.row.fault(.unaskable(error.description))
    }
  }

  /// The answers to all rows that can be asked, as many to each as are wanted: from the log, or else from the model, which
  /// are logged as they end.
  /// - Parameter room: How much of them is in memory at the same time.
  /// - Throws: what keeps the model from answering and the log from growing; in a strict run what is wrong with a row.
  func answers(
    _ rows: inout AskedRows, _ log: AnswerLog, _ room: AnswerRoom, _ progress: inout AnswerProgress,
    _ observe: RunObserver
  ) throws -> [Int: [GivenAnswer]] {
    var answers: [Int: [Int: GivenAnswer]] = [:]
    var open: [(row: Int, sample: Int)] = []
    var foundCount = 0
    for number in rows.usableNumbers {
      guard let id = try reporting(number, &rows, { try self.id(of: number) }) else { continue }
      for sample in 1...run.samples {
        if let answer = log[id.numbered(sample)] {
          answers[number, default: [:]][sample] = answer
          foundCount += 1
        } else {
          open.append((number, sample))
        }
      }
    }
    let all = run.samples * rows.numbers.count
    if foundCount > 0 { try observe(.answersFound(foundCount, of: all, benchmark: file.path)) }
    try progress.advance(by: all - open.count, observe)
    var waiting = open[...]
    var last: (number: Int, asked: Asked)?
    try answer(
      {
        while let (number, sample) = waiting.popFirst() {
          // The samples of a row follow each other.
          if last?.number != number {
            last = nil
            if rows.isUsable(number), let asked = try reporting(number, &rows, { try self.asked(number) }) {
              for remark in asked.input.remarks {
                try observe(.warning("\(asked.row.place.file.displayed): \(remark)"))
              }
              last = (number, asked)
            }
          }
          guard let asked = last?.asked else {
            try progress.advance(by: 1, observe)
            continue
          }
          return (Wanted(asked, number: number, sample: sample), asked.input)
        }
        return nil
      }, room, onToken: { try progress.write(observe) }
    ) { wanted, given in
      try requireUnchanged()
      try log.add(given, wanted.id, row: wanted.place)
      answers[wanted.number, default: [:]][wanted.id.sample] = given
      try progress.advance(by: 1, observe)
    }
    return answers.mapValues { samples in samples.keys.sorted().compactMap { samples[$0] } }
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
    id(try file.asked(number, layout: run.layout, instruction: run.instruction))
  }

  private func id(_ asked: BenchmarkFile.Asked) -> AnswerID {
    AnswerID(
      benchmark: file.source.digest.description, index: asked.row.index, model: contentID, settings: settings,
      question: asked.digest)
  }
}

extension BenchmarkFile {
  /// The letters that a row's answer is one of.
  /// - Throws: `BenchmarkError.row` if it is no such row.
  fileprivate func letters(of row: BenchmarkRow) throws(BenchmarkError) -> [String] {
    var options: [AnswerOption] = []
    switch try benchmark.answer.scoring(of: row) {
    case .rule(.letter(_, let ofKey)): options = ofKey
    case .noAnswer, .judged: options = row.options
    case .rule: break
    }
    guard options.count > 1 else {
      throw row.fault(
        .unaskable("the answer is no letter of several options, which --mode choice-logits chooses among"))
    }
    return options.map { String($0.letter) }
  }
}

extension FailureCategory {
  /// Whether a row or its pictures are at fault, and not what computes.
  fileprivate var isAboutRow: Bool { self == .malformedInput || self == .missingInput || self == .unsupported }
}

/// How many answers there are, of all, and how many tokens have been written for them.
struct AnswerProgress {
  let total: Int
  private var done = 0
  private var tokenCount = 0

  init(total: Int) { self.total = total }

  /// So many more.
  mutating func advance(by count: Int, _ observe: RunObserver) throws {
    done += count
    try observe(.progress(.answers, done: done, total: total))
  }

  /// One more token of an answer.
  mutating func write(_ observe: RunObserver) throws {
    tokenCount += 1
    try observe(.tokens(tokenCount))
  }
}
