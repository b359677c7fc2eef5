// How verifications and evaluations keep within a limit of memory, by shapes alone.
import LayerSearch
import ModelConfig
import ModelFiles
import ModelInputs
import ReferenceModel
import SampleModel
import Tensors
import TestSupport
import Testing

@testable import Workflows

@Suite struct VerificationMemoryTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  /// The sample, and the same in int4.
  private let models: [LoadedModel]
  private let inputs: [ModelInput]

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path("rtn"))
    run.recipe.method = .rtn
    run.recipe.samples.limit = 1
    _ = try run.run()
    models = try [sample.modelDirectory, folder.path("rtn")].map { try LoadedModel($0) }
    var source = SampleSource.questions(sample.evaluationQuestions)
    source.limit = 12
    inputs = try source.samples(models[0].builder).map(\.input)
  }

  private func load(answerTokens: Int) -> AnswerLoad {
    var load = AnswerLoad()
    for input in inputs { load.add(input, answerTokens: answerTokens) }
    return load
  }

  private func demand(_ inputs: [ModelInput]? = nil, answerTokens: Int? = nil) -> VerificationDemand {
    VerificationDemand(
      models, towerCount: 1, inputs ?? self.inputs, answers: answerTokens.map(load), residentByteCount: 1 << 20)
  }

  @Test func `samples come in as few groups as a limit allows, in order, and each keeps within it`() throws {
    let demand = demand(), least = demand.least.byteCount
    let whole = try VerificationMemory(demand, limit: MemoryLimit(Int.max))
    #expect(whole.groups == [0..<12] && whole.pinnedByteCount == 0 && whole.peak > least)
    var counts: [Int] = []
    for limit in (0...6).map({ least + (whole.peak - least) * $0 / 6 }) {
      let memory = try VerificationMemory(demand, limit: MemoryLimit(limit))
      #expect(memory.peak <= limit && memory.groups.flatMap { $0 } == Array(0..<12))
      counts.append(memory.groups.count)
    }
    #expect(counts == counts.sorted(by: >) && counts[0] > 6 && counts.last == 1, "\(counts)")
  }

  @Test func `what is needed does not grow with the number of samples, and less is refused by its name`() throws {
    let least = demand().least
    #expect(demand(inputs + inputs + inputs).least.byteCount == least.byteCount)
    let shortage = try #require(throws: MemoryShortage.self) {
      try VerificationMemory(demand(), limit: MemoryLimit(least.byteCount - 1))
    }
    #expect(shortage.needed == least.byteCount && shortage.stage.hasPrefix("a sample of "), "\(shortage)")
    let long = try #require(throws: MemoryShortage.self) {
      try VerificationMemory(demand(answerTokens: 100_000), limit: MemoryLimit(least.byteCount))
    }
    #expect(long.stage.hasPrefix("an answer of up to 100000 tokens"), "\(long)")
  }

  @Test func `tiles stay for the answers as far as there is room`() throws {
    let demand = demand(answerTokens: 4)
    #expect(demand.tokensOfAllTiles == inputs.reduce(0) { $0 + $1.tileCounts.reduce(0, +) } * models[0].tileByteCount)
    #expect(try VerificationMemory(demand, limit: MemoryLimit(Int.max)).pinnedByteCount == demand.tokensOfAllTiles)
    let least = demand.least.byteCount
    #expect(try VerificationMemory(demand, limit: MemoryLimit(least)).pinnedByteCount == 0)
  }

  @Test(arguments: [0, 1, 7, 300_000_000]) func `answers keep within a limit that has room for the longest`(
    more: Int
  ) throws {
    for answerTokens in [0, 48, 5000] {
      let load = load(answerTokens: answerTokens)
      let limit = AnswerMemory.least(models[1], load, residentByteCount: 1 << 20) + more
      let memory = AnswerMemory(
        models[1], load, batchSize: 16, limit: MemoryLimit(limit), residentByteCount: 1 << 20, pins: true)
      #expect(memory.peak <= limit)
      #expect((1...16).contains(memory.limits.sequences) && memory.limits.promptTokens >= load.promptTokens)
      // Keys and values of the longest question fit in.
      let bytes = 2 * 4 * 4 * models[1].file.config.text.kvHeadCount * models[1].file.config.text.headDim
      #expect(memory.limits.cacheByteCount >= (load.promptTokens + answerTokens) * bytes)
      if more > 100_000_000 { #expect(memory.limits.sequences == 16) }
    }
    #expect(throws: MemoryShortage.self) {
      try load(answerTokens: 48).requireRoom(models[0], MemoryLimit(1 << 20), residentByteCount: 1 << 20)
    }
  }

  @Test func `what one model's tower has made of pictures serves another one whose tower is the same`() throws {
    #expect(try models.towers() == [0, 0])
    let tiles = TileTokens(towerCount: 2, keptByteCount: 0, pinnedByteCount: .max)
    var steps = [0, 0]
    var embedded = [[Float]](repeating: [], count: 2)
    for (index, model) in models.enumerated() {
      try InputEmbedder(model, tower: 0).embed(
        inputs, tiles, onTile: { _, _ in steps[index] += 1 },
        onInput: { embedded[index] += $1[0].values })
    }
    #expect(steps[0] > 0 && steps[1] == 0)
    #expect(embedded[0] == embedded[1])
  }
}
