// Rotary scaling, in the spellings of transformers 4 (rope_scaling) and 5 (rope_parameters).
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
    let error = #expect(throws: ModelConfigError.self) { try scaling("rope_scaling", ["type": "yarn", "factor": 4]) }
    #expect(
      error?.description
        == "config.json: rope scaling \"yarn\" is not supported; known are default, dynamic, linear and llama3")
  }
}
