// Prompts that begin like others: what is copied, and that no bit of what follows depends on it.
import Kernels
import ModelConfig
import SampleModel
import Safetensors
import Tensors
import TestSupport
import Testing
@testable import ReferenceModel

@Suite struct SharedPrefixTests {
  private func sample(_ mode: NumericMode = .exact) throws -> LanguageModel {
    let directory = try SampleModel().modelDirectory
    let weights = CheckpointWeights(checkpoint: try SafetensorsCheckpoint(path: directory))
    return try VisionLanguageModel(weights: weights, config: readConfig(directory + "/config.json"), numericMode: mode)
      .language
  }

  /// Embeddings of any size, `[count, hidden]`.
  private func rows(_ count: Int, seed: UInt64, _ model: LanguageModel) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    let width = model.config.hiddenSize
    return Tensor(
      shape: [count, width], values: (0..<count * width).map { _ in Float.random(in: -1...1, using: &generator) })
  }

  /// The rows of one prompt, then of another.
  private func joined(_ first: Tensor, _ second: Tensor) -> Tensor {
    Tensor(shape: [first.rowCount + second.rowCount, first.rowWidth], values: first.values + second.values)
  }

  /// Takes in prompts as far as they are read together, beside sequences that were read before.
  private func group(
    _ prompts: [Tensor], beside known: [ActiveSequence] = [], _ model: LanguageModel, promptTokens: Int = .max,
    maxTokens: Int = 0
  ) -> PromptGroup {
    let limits = BatchLimits(cacheByteCount: .max, promptTokens: promptTokens)
    let generator = BatchGenerator(model: model, stopTokens: [], limits: limits)
    var waiting = prompts.enumerated().map { index, prompt in
      (number: index, request: GenerationRequest(prompt: prompt, maxTokens: maxTokens))
    }[...]
    let queue = RequestQueue(limits: limits, bytesPerToken: KVCache.byteCountPerToken(model.config))
    return generator.nextGroup(&waiting, queue, beside: known)
  }

  /// The prompts of a group read, and the bits of the scores of what follows each.
  private func read(_ group: PromptGroup, _ model: LanguageModel) throws -> ([ActiveSequence], scores: [[UInt32]]) {
    var group = group
    let scores = try SequenceBatch(model).read(&group)
    return (group.sequences, (0..<scores.rowCount).map { bits(scores.rows($0..<$0 + 1).values) })
  }

  private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

  private func bits(_ cache: KVCache) -> [[UInt32]] { cache.layers.flatMap { [bits($0.keys), bits($0.values)] } }

  /// Checks that a prompt becomes the same bits whether it follows another one, is read along with it, or stands alone;
  /// and that `common` tokens were copied.
  private func expectSame(_ prompt: Tensor, behind other: Tensor, common: Int, _ model: LanguageModel) throws {
    var cache = KVCache(layerCount: model.layerCount)
    _ = try model(prompt, cache: &cache)
    let alone = try read(group([prompt], model), model)
    #expect(bits(alone.0[0].cache) == bits(cache))
    let before = try read(group([other], model), model).0
    for unread in [group([prompt], beside: before, model), group([other, prompt], model)] {
      #expect((unread.prefixes.last??.tokens ?? 0) == common)
      let (sequences, scores) = try read(unread, model)
      #expect(scores.last == alone.scores[0])
      let last = try #require(sequences.last)
      #expect(bits(last.cache) == bits(cache) && last.cache.end == prompt.rowCount)
    }
  }

  @Test(arguments: [1, 63, 64, 65, 133, 199, 200], [NumericMode.exact, .bfloat16])
  func `no key, value or score changes by a bit, however long the beginning is`(common: Int, mode: NumericMode) throws {
    let model = try sample(mode), prompt = rows(200, seed: 1, model)
    let other = joined(prompt.rows(0..<common), rows(210 - common, seed: 2, model))
    try expectSame(prompt, behind: other, common: min(common, 199), model)
    if common == 200 { try expectSame(prompt, behind: prompt, common: 199, model) }
  }

  @Test func `a picture in both is a part of what is shared, another picture is none`() throws {
    let golden = try Golden("tiny-r1v.0"), language = golden.model.language
    let ids = try golden.ids("input_ids"), tokens = try golden.model.projectTiles(golden.floats("pixel_values"))
    func prompt(_ ids: [Int], _ tokens: Tensor) throws -> Tensor {
      try golden.model.embed(ids: ids, imageContextToken: GoldenTests.imageContextToken, imageTokens: tokens)
    }
    let asked = try prompt(ids, tokens)
    let otherQuestion = try prompt(Array(ids.dropLast(4)) + [ids[ids.count - 4] + 1, 5, 6], tokens)
    try expectSame(asked, behind: otherQuestion, common: ids.count - 4, language)
    let otherPicture = try prompt(ids, Tensor(shape: tokens.shape, values: tokens.values.reversed()))
    let first = try #require(ids.firstIndex(of: GoldenTests.imageContextToken))
    try expectSame(asked, behind: otherPicture, common: first, language)
  }

  @Test func `what has no numbers disturbs no prompt that shares what is in front of it`() throws {
    let model = try sample(), prompt = rows(50, seed: 3, model)
    for broken: Float in [.nan, .infinity] {
      var other = joined(prompt.rows(0..<20), rows(20, seed: 4, model))
      other.values[25 * other.rowWidth] = broken
      try expectSame(prompt, behind: other, common: 20, model)
    }
  }

  @Test func `keys that are rotated by the length of their prompt are shared where that makes no difference`() throws {
    let directory = Golden.resources + "/oracle/qwen2-dynamic"
    let weights = CheckpointWeights(
      checkpoint: try SafetensorsCheckpoint(path: directory + "/model.safetensors"), prefix: ("language_model.", ""))
    let model = try VisionLanguageModel(weights: weights, config: readConfig(directory + "/config.json")).language
    let first = rows(15, seed: 5, model)
    // Beyond 32 tokens the rotation of all of them changes.
    for (length, other, common) in [(20, 30, 15), (20, 40, 0), (40, 20, 0), (40, 41, 0), (40, 40, 15)] {
      try expectSame(
        joined(first, rows(length - 15, seed: 6, model)), behind: joined(first, rows(other - 15, seed: 7, model)),
        common: common, model)
    }
  }

  @Test func `the longest of all beginnings counts, bit by bit, and tokens that are known count for no limit`() throws {
    let model = try sample(), prompt = rows(30, seed: 8, model)
    let shorter = joined(prompt.rows(0..<10), rows(5, seed: 9, model))
    let longer = joined(prompt.rows(0..<20), rows(5, seed: 10, model))
    var signed = prompt
    signed.values[3 * signed.rowWidth] = 0
    var negative = signed
    negative.values[3 * signed.rowWidth] = -0.0
    let prompts = [longer, shorter, prompt, signed, negative]
    let whole = group(prompts, model)
    #expect(whole.prefixes.map { $0?.tokens ?? 0 } == [0, 10, 20, 3, 3])
    #expect(whole.rowCounts == [25, 5, 10, 27, 27] && whole.rowCount == 94)
    #expect(group(prompts, model, promptTokens: 40).sequences.count == 3)
    #expect(group(prompts, model, promptTokens: 39).sequences.count == 2)
    #expect(group(prompts, model, promptTokens: 1).sequences.count == 1)
  }

  @Test func `OpenBLAS, whose rows depend on each other, reads each prompt whole and alone`() throws {
    let model = try sample(.openblas(try OpenBLAS.loaded())), prompt = rows(10, seed: 11, model)
    let before = try read(group([prompt], model), model).0
    let again = group([prompt, prompt], beside: before, model)
    #expect(again.sequences.count == 1 && again.rowCounts == [10])
  }

  @Test func `what has ended is kept for others only while there is room for it`() throws {
    let model = try sample(), prompt = rows(10, seed: 12, model)
    let bytes = KVCache.byteCountPerToken(model.config)
    for (room, admitted, isKept) in [(48, 2, true), (47, 2, false), (32, 2, false), (20, 1, false)] {
      var queue = RequestQueue(limits: BatchLimits(sequences: 2, cacheByteCount: room * bytes), bytesPerToken: bytes)
      var ended = group([prompt], model, maxTokens: 6).sequences.first
      let entries = try queue.admit(
        beside: [], keeping: &ended, next: { GenerationRequest(prompt: prompt, maxTokens: 6) })
      #expect(entries.count == admitted && (ended != nil) == isKept, "room for \(room) tokens")
    }
  }

  @Test(arguments: [
    BatchLimits(cacheByteCount: .max), BatchLimits(sequences: 1, cacheByteCount: .max),
    BatchLimits(sequences: 3, cacheByteCount: 100_000), BatchLimits(cacheByteCount: 0),
    BatchLimits(sequences: 4, cacheByteCount: .max, promptTokens: 1),
  ])
  func `prompts that are only read come in their order, each as if it were alone`(limits: BatchLimits) throws {
    let model = try sample(), first = rows(40, seed: 13, model)
    let prompts = (0..<7).map { joined(first.rows(0..<40 - 5 * ($0 % 3)), rows(1 + $0 % 2, seed: UInt64($0), model)) }
    func read(_ prompts: [Tensor], _ limits: BatchLimits) throws -> [[UInt64]] {
      var waiting = prompts.makeIterator(), found: [[UInt64]] = []
      try BatchGenerator(model: model, stopTokens: [], limits: limits).read(next: { waiting.next() }) {
        number, scores in
        #expect(number == found.count)
        found.append(scores.map(\.bitPattern))
      }
      return found
    }
    let alone = try prompts.flatMap { try read([$0], BatchLimits(cacheByteCount: .max)) }
    #expect(try read(prompts, limits) == alone)
  }
}
