// Texts generated together: each as if it were alone, and no more of them at a time than there is room for.
import ModelConfig
import ReferenceModel
import Tensors
import Testing

@Suite struct BatchGenerationTests {
  /// Prompts of different lengths, how each is drawn, and how long it may become.
  private func requests(_ golden: Golden) throws -> [GenerationRequest] {
    let prompt = try golden.floats("language.embeddings")
    let lengths = [prompt.rowCount, 1, 3, 30, 31, 5, prompt.rowCount - 2, 4, 17]
    return lengths.enumerated().map { index, length in
      let isDrawn = index % 3 == 1, maxTokens = [1, 12, 5, 20][index % 4]
      let sampling = isDrawn ? SamplingOptions(temperature: 1, topK: nil, seed: UInt64(index)) : .greedy
      return GenerationRequest(prompt: prompt.rows(0..<length), sampling: sampling, maxTokens: maxTokens)
    }
  }

  private func generate(
    _ requests: [GenerationRequest], _ golden: Golden, _ limits: BatchLimits
  ) throws -> [GeneratedText?] {
    let generator = BatchGenerator(
      model: golden.model.language, stopTokens: [GoldenTests.stopToken], limits: limits)
    var texts = [GeneratedText?](repeating: nil, count: requests.count)
    var tokens = [[Int]](repeating: [], count: requests.count)
    var waiting = requests.makeIterator()
    try generator.generate(
      next: { waiting.next() }, onToken: { tokens[$0].append($1) },
      onEnd: { number, text in
        #expect(texts[number] == nil, "a text that ends twice")
        texts[number] = text
      })
    #expect(texts.map { $0?.ids ?? [] } == tokens)
    return texts
  }

  @Test(arguments: [
    BatchLimits(sequences: 64, cacheByteCount: .max), BatchLimits(sequences: 2, cacheByteCount: .max),
    BatchLimits(sequences: 5, cacheByteCount: .max, promptTokens: 1), BatchLimits(sequences: 64, cacheByteCount: 0),
    BatchLimits(sequences: 3, cacheByteCount: 400_000, promptTokens: 40),
  ])
  func `a text does not depend on those beside it, nor on how many there may be`(limits: BatchLimits) throws {
    let golden = try Golden("tiny-r1v.0")
    let requests = try requests(golden)
    let together = try generate(requests, golden, limits)
    for (request, text) in zip(requests, together) {
      let generator = TextGenerator(
        model: golden.model.language, sampling: request.sampling, stopTokens: [GoldenTests.stopToken],
        maxTokens: request.maxTokens)
      #expect(text?.ids == (try generator.generate(from: request.prompt)))
    }
  }

  @Test func `texts generated together are PyTorch's`() throws {
    let goldens = try ["tiny-r1v.0", "tiny-r1v.1", "tiny-r1v.4"].map { try Golden($0) }
    let requests = try goldens.map {
      let imageTokens = try $0.model.projectTiles($0.floats("pixel_values"))
      return GenerationRequest(
        prompt: try $0.model.embed(
          ids: $0.ids("input_ids"), imageContextToken: GoldenTests.imageContextToken, imageTokens: imageTokens),
        maxTokens: 48)
    }
    let texts = try generate(requests, goldens[0], BatchLimits(cacheByteCount: .max))
    for (golden, text) in zip(goldens, texts) { #expect(text?.ids == (try golden.ids("generated_ids"))) }
  }

  @Test func `a text tells whether it came to its end or was cut off`() throws {
    let golden = try Golden("tiny-r1v.0")
    let prompt = try golden.floats("language.embeddings")
    let whole = try golden.ids("generated_ids")
    let texts = try generate(
      [whole.count + 5, whole.count - 1, 0].map { GenerationRequest(prompt: prompt, maxTokens: $0) }, golden,
      BatchLimits(cacheByteCount: .max))
    #expect(texts[0] == GeneratedText(ids: whole, isFinished: true))
    #expect(texts[1] == GeneratedText(ids: Array(whole.dropLast()), isFinished: false))
    #expect(texts[2] == GeneratedText(ids: [], isFinished: false))
  }

  @Test func `a place is taken by the next prompt when its text ends, and no prompt is asked for before`() throws {
    let golden = try Golden("tiny-r1v.0")
    let prompt = try golden.floats("language.embeddings").rows(0..<10)
    var events: [String] = []
    var asked = 0
    let generator = BatchGenerator(
      model: golden.model.language, stopTokens: [], limits: BatchLimits(sequences: 2, cacheByteCount: .max))
    try generator.generate(
      next: {
        guard asked < 4 else { return nil }
        events.append("ask \(asked)")
        asked += 1
        return GenerationRequest(prompt: prompt, maxTokens: [3, 1, 2, 1][asked - 1])
      },
      onEnd: { number, _ in events.append("end \(number)") })
    #expect(events == ["ask 0", "ask 1", "end 1", "ask 2", "end 0", "end 2", "ask 3", "end 3"])
  }

  @Test func `keys and values of texts at work never take more than the limit`() throws {
    let golden = try Golden("tiny-r1v.0")
    let prompt = try golden.floats("language.embeddings").rows(0..<10)
    // Room for two texts of 10 + 6 tokens, not for three.
    let bytes = 16 * KVCache.byteCountPerToken(golden.model.language.config)
    let generator = BatchGenerator(
      model: golden.model.language, stopTokens: [], limits: BatchLimits(cacheByteCount: 3 * bytes - 1))
    var (begun, ended, most) = (Set<Int>(), Set<Int>(), 0)
    var asked = 0
    try generator.generate(
      next: {
        asked += 1
        return asked > 5 ? nil : GenerationRequest(prompt: prompt, maxTokens: 6)
      },
      onToken: { number, _ in
        begun.insert(number)
        most = max(most, begun.subtracting(ended).count)
      },
      onEnd: { number, _ in ended.insert(number) })
    #expect(ended == [0, 1, 2, 3, 4])
    #expect(most == 2)
  }

  @Test func `a prompt without a token is an error, and so is what a closure throws`() throws {
    struct Stopped: Error {}
    let golden = try Golden("tiny-r1v.0")
    let generator = BatchGenerator(
      model: golden.model.language, stopTokens: [], limits: BatchLimits(cacheByteCount: .max))
    #expect(throws: ReferenceModelError.emptyPrompt) {
      try generator.generate(
        next: { GenerationRequest(prompt: Tensor(zeros: [0, 128]), maxTokens: 1) }, onEnd: { _, _ in })
    }
    #expect(throws: Stopped.self) { try generator.generate(next: { throw Stopped() }, onEnd: { _, _ in }) }
  }
}
