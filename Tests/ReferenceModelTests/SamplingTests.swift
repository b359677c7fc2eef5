// Sampling against the logits processors of transformers; only the random draw is our own.
import Foundation
import ReferenceModel
import Safetensors
import Tensors
import Testing

@Suite struct SamplingTests {
  /// transformers computes its softmax in f32, we in f64: a few ulp of a probability.
  static let probabilityTolerance = 1e-6

  @Test func `probabilities after penalty, temperature, top-k and top-p equal transformers'`() throws {
    let golden = try SafetensorsCheckpoint(
      path: Bundle.module.bundlePath + "/Resources/oracle/sampling.safetensors")
    let (options, logits) = (try golden.floats("options"), try golden.floats("logits"))
    let (generated, expected) = (try golden.ids("generated"), try golden.floats("probabilities"))
    let perCase = generated.count / options.rowCount
    for index in 0..<options.rowCount {
      let row = options.rows(index..<index + 1).values.map(Double.init)
      let sampling = SamplingOptions(
        temperature: row[0], topK: row[1] == 0 ? nil : Int(row[1]), topP: row[2], repetitionPenalty: row[3])
      let found = sampling.probabilities(
        logits: logits.rows(index..<index + 1).values,
        generated: Array(generated[index * perCase..<(index + 1) * perCase]))
      let reference = expected.rows(index..<index + 1).values
      for (id, (ours, theirs)) in zip(found, reference).enumerated() {
        #expect(abs(ours - Double(theirs)) <= Self.probabilityTolerance, "case \(index), id \(id)")
        #expect((ours == 0) == (theirs == 0), "case \(index), id \(id): kept by one only")
      }
    }
  }

  @Test func `at temperature 0 the lowest of the likeliest ids has all the probability`() {
    let probabilities = SamplingOptions.greedy.probabilities(logits: [1, 3, 2, 3], generated: [])
    #expect(probabilities == [0, 1, 0, 0])
  }

  @Test func `the repetition penalty counts at temperature 0 too, once for an id generated twice`() {
    let options = SamplingOptions(temperature: 0, topK: nil, repetitionPenalty: 2)
    #expect(options.probabilities(logits: [3, 4, -1], generated: [1, 1]) == [1, 0, 0])
    #expect(options.probabilities(logits: [1.9, 4, -1], generated: [1, 1]) == [0, 1, 0])
    #expect(options.probabilities(logits: [-3, -2, -5], generated: [1]) == [1, 0, 0])
  }

  @Test func `the same seed gives the same text, another seed another`() throws {
    let golden = try Golden("tiny-r1v.0")
    let prompt = try golden.floats("language.embeddings")
    func generate(seed: UInt64) throws -> [Int] {
      let sampling = SamplingOptions(temperature: 2, topK: nil, seed: seed)
      return try TextGenerator(model: golden.model.language, sampling: sampling, stopTokens: [], maxTokens: 12)
        .generate(from: prompt)
    }
    #expect(try generate(seed: 1) == generate(seed: 1))
    #expect(try generate(seed: 1) != generate(seed: 2))
  }

  /// The likeliest token at each step, by the rule of the CTRL paper on the model's own logits.
  @Test(arguments: [false, true])
  func `a penalty counts the tokens of the answer, and those of the prompt if asked to`(countsPrompt: Bool) throws {
    let golden = try Golden("tiny-r1v.0")
    let model = golden.model.language
    let prompt = try golden.floats("language.embeddings"), promptIDs = try golden.ids("input_ids")
    var cache = KVCache(layerCount: model.layerCount)
    var hidden = try model(prompt, cache: &cache)
    var expected: [Int] = []
    for _ in 0..<8 {
      var logits = model.logits(hidden.rows(hidden.rowCount - 1..<hidden.rowCount)).values
      for id in Set(expected + (countsPrompt ? promptIDs : [])) { logits[id] *= logits[id] > 0 ? 0.25 : 4 }
      let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
      expected.append(best)
      hidden = try model(model.embed([best]), cache: &cache)
    }
    var sampling = SamplingOptions(temperature: 0, topK: nil, repetitionPenalty: 4)
    sampling.penalizesPrompt = countsPrompt
    let generator = TextGenerator(model: model, sampling: sampling, stopTokens: [], maxTokens: 8)
    #expect(try generator.generate(from: prompt, promptIDs: promptIDs) == expected)
    #expect(Set(expected).count > 1)
    if countsPrompt { #expect(try generator.generate(from: prompt) != expected, "the prompt's ids make a difference") }
  }

  @Test func `draws follow the probabilities`() {
    let probabilities = [0.1, 0, 0.6, 0.3]
    let drawCount = 100_000
    var generator = SplitMix64(seed: 7)
    var counts = [0, 0, 0, 0]
    for _ in 0..<drawCount { counts[generator.draw(probabilities)] += 1 }
    for (count, probability) in zip(counts, probabilities) {
      let deviation = (probability * (1 - probability) / Double(drawCount)).squareRoot()
      #expect(abs(Double(count) / Double(drawCount) - probability) <= 4 * deviation)
    }
  }

  @Test func `the generator is SplitMix64`() {
    // First outputs of the authors' C program for seed 1234567.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }
}
