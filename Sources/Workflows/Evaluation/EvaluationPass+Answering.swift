// How an answer comes about: written token by token, or the likeliest of some letters.
internal import Benchmarks
internal import Evaluation
internal import JSON
internal import Kernels
internal import ModelInputs
internal import ReferenceModel
internal import Storage

extension EvaluationPass {
  /// An answer that is to be made; without its input, since there may be thousands.
  struct Wanted {
    let id: AnswerID
    /// The row's number, and where it stands in the file.
    let number: Int, place: Int
    let opensThinking: Bool
    /// As in `Asked`.
    let letters: [(letter: String, token: Int)]

    /// The answer of the number `sample`, counted from 1, to a row.
    init(_ asked: Asked, number: Int, sample: Int) {
      id = asked.id.numbered(sample)
      self.number = number
      place = asked.row.place.row
      opensThinking = ModelAnswer.isOpened(by: asked.input.renderedPrompt)
      letters = asked.letters
    }
  }

  /// Answers all rows that `next` gives; nil ends them.
  /// - Parameters:
  ///   - onToken: Called for each token that is written.
  ///   - onAnswer: Called with what was wanted and what came of it, in the order in which answers end.
  /// - Throws: `ReferenceModelError`; what reading weights throws; what the closures throw.
  func answer(
    _ next: () throws -> (Wanted, ModelInput)?, _ room: AnswerRoom, onToken: () throws -> Void,
    onAnswer: (Wanted, GivenAnswer) throws -> Void
  ) throws {
    var all: [Wanted] = []
    let engine = AnswerEngine(model, room.memory), embedder = InputEmbedder(model, tower: room.tower)
    func request() throws -> AnswerRequest? {
      guard let (wanted, input) = try next() else { return nil }
      all.append(wanted)
      return AnswerRequest(
        input, sampling: run.sampling(of: wanted.id.index, wanted.id.sample), maxTokens: run.maxTokens)
    }
    switch run.mode {
    case .generate:
      try engine.answer(request, embedder, room.tiles, onToken: onToken) { index, said in
        let answer = ModelAnswer(
          said.text, opensThinking: all[index].opensThinking, isTruncated: !said.isFinished)
        try onAnswer(all[index], GivenAnswer(answer, tokenCount: said.ids.count))
      }
    case .choiceLogits:
      try engine.read(request, embedder, room.tiles) { index, probabilities in
        let letters = all[index].letters.map { ($0.letter, probabilities[$0.token]) }
        // The first of equals.
        let likeliest = letters.dropFirst().reduce(letters[0]) { $1.1 > $0.1 ? $1 : $0 }
        try onAnswer(
          all[index],
          GivenAnswer(
            ModelAnswer(likeliest.0), tokenCount: 0,
            letters: Dictionary(letters, uniquingKeysWith: { first, _ in first })))
      }
    }
  }
}

extension EvaluationRun {
  /// How an answer to a row is drawn: what comes out depends on the seed, the row and the answer's number alone.
  fileprivate func sampling(of index: String, _ sample: Int) -> SamplingOptions {
    guard sampling.temperature > 0 else { return sampling }
    var options = sampling
    let digest = SHA256Hasher.hash(Array("\(seed)/\(index)/\(sample)".utf8)).description
    options.seed = UInt64(digest.prefix(16), radix: 16) ?? seed
    return options
  }

  /// SHA-256 of what decides an answer beside model and question.
  func answerSettings() throws -> String {
    var settings: JSONObject = [
      "max_tokens": .integer(maxTokens), "numeric_mode": .string(numericMode.name),
      "system": prompt.system.map(JSONValue.string) ?? .null,
      "template": prompt.template.map(JSONValue.string) ?? .null,
      "think": prompt.thinks.map(JSONValue.bool) ?? .null,
    ]
    if mode == .choiceLogits {
      settings["mode"] = .string(mode.rawValue)
      settings["max_tokens"] = .null
    }
    if let sampling = answerSampling {
      settings["sampling"] = [
        "temperature": .double(sampling.temperature), "top_k": sampling.topK.map(JSONValue.integer) ?? .null,
        "top_p": .double(sampling.topP), "repetition_penalty": .double(sampling.repetitionPenalty),
      ]
      settings["seed"] = .string(String(seed))
    }
    return SHA256Hasher.hash(try JSONValue.object(settings).serialized(.canonical)).description
  }

  /// How tokens are drawn; nil for greedy answers.
  var answerSampling: AnswerSampling? {
    guard mode == .generate, sampling.temperature > 0 || sampling.repetitionPenalty != 1 else { return nil }
    return AnswerSampling(
      temperature: sampling.temperature, topK: sampling.topK, topP: sampling.topP,
      repetitionPenalty: sampling.repetitionPenalty)
  }
}
