// What a plan says of the largest models, by numbers worked out apart, and that it keeps what it promises.
import Basics
import Calibration
import JSON
import LayerSearch
import ModelConfig
import Quantization
import Testing

@Suite struct MemoryPlanTests {
  private let config: TextConfig
  private let options: QuantizationOptions

  init() throws {
    let text = """
      {"model_type": "qwen2", "hidden_size": 5120, "intermediate_size": 27648, "num_hidden_layers": 64,
       "num_attention_heads": 40, "num_key_value_heads": 8, "vocab_size": 152064, "rms_norm_eps": 1e-06,
       "rope_theta": 1000000.0, "max_position_embeddings": 32768}
      """
    config = try ModelConfig(document: try JSONValue(parsing: Array(text.utf8))).text
    options = QuantizationOptions(
      scheme: try #require(QuantizationScheme(groupSize: 128)), method: .best, propagation: .quantized)
  }

  private func demand(samples: Int, tokens: Int = 1700, options: QuantizationOptions? = nil) -> MemoryDemand {
    let options = options ?? self.options
    return MemoryDemand(
      config: config, options: options,
      shape: ActivationShape(
        tokenCounts: [Int](repeating: tokens, count: samples), config: config, propagation: options.propagation),
      hasHeldOut: true, residentByteCount: 100 << 20, layerByteCount: 976 << 20, pictureByteCount: 0)
  }

  @Test func `activations of a 38B model take 262,144 bytes a token, and wait on the disk if they do not fit`() throws {
    let plan = try MemoryPlan(demand(samples: 128), limit: 16 << 30)
    #expect(plan.activationByteCount == 128 * 1700 * 2 * (5120 + 27648) * 4 && !plan.keepsActivations)
    #expect(try MemoryPlan(demand(samples: 128), limit: 128 << 30).keepsActivations)
    #expect(try MemoryPlan(demand(samples: 2), limit: 16 << 30).keepsActivations)
  }

  @Test func `no plan takes more than its limit, and none is refused that has what is said to be needed`() throws {
    for samples in [1, 4, 128, 1000] {
      let demand = demand(samples: samples)
      let shortage = try #require(throws: MemoryShortage.self) { try MemoryPlan(demand, limit: 1 << 30) }
      #expect(shortage.limit == 1 << 30 && shortage.category == .systemLimit)
      let barely = try #require(throws: MemoryShortage.self) { try MemoryPlan(demand, limit: shortage.needed - 1) }
      #expect(barely.needed == shortage.needed && barely.stage == shortage.stage)
      for limit in [shortage.needed, shortage.needed + 1 << 20, 12 << 30, 16 << 30, 64 << 30, 1 << 50, Int.max] {
        let plan = try MemoryPlan(demand, limit: limit)
        #expect(plan.peak <= limit && plan.peak >= shortage.needed, "\(samples) samples in \(limit)")
        #expect((1700...1700 * CalibrationMemory.batchSampleCount).contains(plan.memory.calibration.batchTokenCount))
      }
    }
  }

  @Test func `what is needed does not grow with the number of samples, but with the length of one`() throws {
    func needed(samples: Int, tokens: Int = 1700) throws -> Int {
      try #require(throws: MemoryShortage.self) {
        try MemoryPlan(demand(samples: samples, tokens: tokens), limit: 0)
      }.needed
    }
    #expect(try needed(samples: 10_000) == needed(samples: 1))
    #expect(try needed(samples: 1, tokens: 32_000) > needed(samples: 1))
  }

  @Test func `a 38B model's largest search fits into 4 GiB, and what has become of the layer so far with it`() throws {
    let shortage = try #require(throws: MemoryShortage.self) {
      try MemoryPlan(demand(samples: 4, tokens: 580), limit: 0)
    }
    #expect(shortage.stage == "gate,up, search")
    // At least four matrices of 5120 × 5120 in f32, one linear under scales and its slopes; a byte a weight, and a scale
    // and a zero a group, of twice gate and up, three more in the making and q, k, v and o; one linear in bf16; the sums.
    let (square, linear) = (5120 * 5120, 27648 * 5120)
    let attention = 2 * square + 2 * 1024 * 5120
    let codes = (2 * 2 * linear + 3 * linear + attention) / 128 * 131
    let sums = 2 * 2 * square * 4
    let least = 4 * (4 * square + 2 * linear) + codes + 2 * linear + sums
    #expect((least...4 << 30).contains(shortage.needed), "\(shortage.needed), of which \(least) are worked out here")
  }

  @Test func `more memory sums up more blocks of a site in one pass`() throws {
    let blocks = ColumnBlocks(site: .mlpOutput, size: 27648, groupSize: 128, limit: options.widestGram)
    let counts = SiteSums.byteCounts(
      of: blocks, at: .mlpOutput, outFeatures: 5120, propagates: true, hasHeldOut: true)
    // Both sets of tokens: [6912, 6912] and [5120, 6912] of f64; the columns of down_proj in f32.
    #expect(counts == [Int](repeating: 2 * (6912 * 6912 + 5120 * 6912) * 8 + 5120 * 6912 * 4, count: 4))
    #expect(CalibrationMemory(batchTokenCount: 0, sumsByteCount: 0).runs(of: counts).count == 4)
    let needed = try #require(throws: MemoryShortage.self) { try MemoryPlan(demand(samples: 1000), limit: 0) }.needed
    let passes = try [needed, 12 << 30, 64 << 30].map { limit in
      try MemoryPlan(demand(samples: 1000), limit: limit).memory.calibration.runs(of: counts).count
    }
    #expect(passes == passes.sorted(by: >) && passes[0] > 1 && passes[2] == 1, "\(passes)")
  }

  @Test func `plain rounding without samples needs a layer and little more`() throws {
    var options = options
    options.method = .rtn
    options.propagation = .float
    let shape = ActivationShape(tokenCounts: [], config: config, propagation: .float)
    let demand = MemoryDemand(
      config: config, options: options, shape: shape, hasHeldOut: false, residentByteCount: 0, layerByteCount: 0,
      pictureByteCount: 0)
    // 487.6 M weights in a layer, 141.6 M in its largest linear, a byte each.
    #expect(try MemoryPlan(demand, limit: .max).peak < 488_000_000 + 2 * 142_000_000 + 200_000_000)
  }
}
