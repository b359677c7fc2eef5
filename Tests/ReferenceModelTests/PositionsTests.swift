// What positions mean to a decoder: attention sees how far tokens are apart, and text goes on behind the last of them.
import Kernels
import ReferenceModel
import Tensors
import Testing

@Suite struct PositionsTests {
  private let model: LanguageModel
  private let embeddings: Tensor

  init() throws {
    let example = try TransformersCase("qwen3", isText: true)
    model = try example.model().language
    embeddings = try model.embed(example.golden.ids("input_ids"))
  }

  private func hidden(_ embeddings: Tensor, at positions: Positions?, _ cache: inout KVCache) throws -> [Float] {
    try model(embeddings, at: positions, cache: &cache).values
  }

  private func hidden(at positions: Positions?) throws -> [Float] {
    var cache = KVCache(layerCount: model.layerCount)
    return try hidden(embeddings, at: positions, &cache)
  }

  @Test func `text that begins elsewhere is the same text, since only distances count`() throws {
    let count = embeddings.rowCount
    let shifted = try hidden(at: Positions(text: 16..<16 + count))
    #expect(relativeDistance(shifted, try hidden(at: nil)) <= goldenTolerance)
  }

  @Test func `text goes on where the positions of what was read end`() throws {
    let count = embeddings.rowCount
    var cache = KVCache(layerCount: model.layerCount)
    _ = try hidden(embeddings.rows(0..<30), at: Positions(text: 16..<46), &cache)
    #expect(cache.end == 46)
    let rest = try hidden(embeddings.rows(30..<count), at: nil, &cache)
    let whole = try hidden(at: nil)
    #expect(relativeDistance(rest, Array(whole.suffix(rest.count))) <= goldenTolerance)
  }

  @Test func `a gap between tokens changes what they see`() throws {
    let count = embeddings.rowCount
    var cache = KVCache(layerCount: model.layerCount)
    _ = try hidden(embeddings.rows(0..<30), at: nil, &cache)
    let rest = try hidden(embeddings.rows(30..<count), at: Positions(text: 60..<60 + count - 30), &cache)
    let whole = try hidden(at: nil)
    #expect(relativeDistance(rest, Array(whole.suffix(rest.count))) > 10 * goldenTolerance)
  }
}
