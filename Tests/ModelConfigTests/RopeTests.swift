// Rotary scaling, in the spellings of transformers 4 (rope_scaling) and 5 (rope_parameters).
import Foundation
import JSON
import ModelConfig
import Testing

@Suite struct RopeTests {
  private func scaling(_ key: String, _ value: JSONValue) throws -> RopeScaling {
    try ConfigText(Configs.text("qwen2")).with(key, value: value).parsed().text.ropeScaling
  }

  @Test(arguments: ["rope_scaling", "rope_parameters"]) func `kinds and their factors`(key: String) throws {
    #expect(try scaling(key, nil) == .none)
    #expect(try scaling(key, ["rope_type": "default"]) == .none)
    #expect(try scaling(key, ["rope_type": "dynamic", "factor": 2]) == .dynamic(factor: 2))
    #expect(try scaling(key, ["type": "dynamic", "factor": .double(2.5)]) == .dynamic(factor: 2.5))
    #expect(try scaling(key, ["type": "linear", "rope_type": "linear", "factor": 4]) == .linear(factor: 4))
  }

  @Test func `theta may stand beside or inside`() throws {
    let text = try ConfigText(Configs.text("qwen2"))
    #expect(try text.with("rope_parameters", value: ["rope_theta": .double(5000.0)]).parsed().text.ropeTheta == 5000)
    #expect(try text.with("rope_theta", value: 7000).parsed().text.ropeTheta == 7000)
  }

  @Test func `a llama3 scaling without its original length takes the trained one`() throws {
    let text = try ConfigText(Configs.text("llama")).with("max_position_embeddings", value: 77)
      .with(
        "rope_scaling",
        value: ["rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4]
      ).parsed().text
    #expect(
      text.ropeScaling == .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 77))
  }

  @Test func `heads of two are refused with dynamic scaling, whose exponent divides by zero`() throws {
    let text = try ConfigText(Configs.text("qwen2")).with("head_dim", value: 2)
    #expect(try text.parsed().text.headDim == 2)
    let dynamic = text.with("rope_scaling", value: ["type": "dynamic", "factor": 2])
    let error = #expect(throws: ModelConfigError.self) { try dynamic.parsed() }
    #expect(
      error?.description == "config.json: 'head_dim': expected at least 4 with dynamic rope scaling, found 2")
    #expect(try dynamic.with("head_dim", value: 4).parsed().text.headDim == 4)
  }

  @Test func `unknown kinds are refused`() {
    let error = #expect(throws: ModelConfigError.self) { try scaling("rope_scaling", ["type": "ntk", "factor": 4]) }
    #expect(
      error?.description
        == "config.json: rope scaling \"ntk\" is not supported; known are default, dynamic, linear, llama3, yarn and "
        + "longrope")
  }

  @Test func `frequencies and attention factors are those of transformers`() throws {
    let path = Bundle.module.bundlePath + "/Resources/rotary-scaling.json"
    let golden = try JSONValue(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    let cases = try #require(golden["cases"]?.arrayValue)
    try #require(cases.count == 16)
    for test in cases {
      let config = try ModelConfig(document: try #require(test["config"])).text
      for expected in try #require(test["lengths"]?.arrayValue) {
        let length = try #require(expected["length"]?.intValue)
        let wanted = try #require(expected["frequencies"]?.arrayValue).compactMap(\.doubleValue)
        let found = config.rotaryFrequencies(length: length)
        try #require(found.count == wanted.count && found.count == 16)
        for (index, pair) in zip(found, wanted).enumerated() {
          #expect(abs(Double(pair.0) / pair.1 - 1) < 4e-7, "\(config.ropeScaling), \(length), \(index)")
        }
        let factor = try #require(expected["attention_factor"]?.doubleValue)
        #expect(abs(Double(config.rotaryAttentionFactor) / factor - 1) < 1e-7, "\(config.ropeScaling)")
      }
    }
  }

  @Test(
    arguments: [
      (["rope_type": "yarn", "factor": 0], "'rope_scaling.factor': expected a positive number, found 0"),
      (["rope_type": "yarn", "factor": 4, "beta_fast": "x"], "'rope_scaling.beta_fast': expected a positive number"),
      (
        ["rope_type": "longrope", "long_factor": [1]],
        "'rope_scaling.short_factor': expected a list of positive numbers"
      ),
      (
        ["rope_type": "longrope", "short_factor": [1, 2], "long_factor": [1, 2]], "numbers, half of head_dim, found 2"
      ),
      (["rope_type": "longrope", "short_factor": [1, -2], "long_factor": [1]], "expected a list of positive numbers"),
      (["rope_type": "default", "partial_rotary_factor": .double(0.5)], "partial_rotary_factor is not supported"),
    ] as [(JSONValue, String)])
  func `scalings that cannot be computed are refused with their key`(value: JSONValue, words: String) {
    let error = #expect(throws: ModelConfigError.self) { try scaling("rope_scaling", value) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func `yarn needs a base with a logarithm`() throws {
    let text = try ConfigText(Configs.text("llama")).with("rope_theta", value: 1)
      .with("rope_scaling", value: ["type": "yarn", "factor": 2])
    let error = #expect(throws: ModelConfigError.self) { try text.parsed() }
    #expect(error?.description == "config.json: 'rope_theta': expected above 1 with yarn rope scaling, found 1.0")
  }
}
