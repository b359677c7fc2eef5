// What is counted and reported of a linear, and the choice of linears that stay in 16 bit, on cases worked out by hand.
import Kernels
import LayerSearch
import Quantization
import Testing

@Suite struct LinearReportTests {
  private func report(_ module: String, energy: Double = 1, error: Double, size: Int = 64) -> LinearReport {
    var report = LinearReport(module: module)
    (report.outFeatures, report.inFeatures, report.outputEnergy, report.errorAfter) = (size, 64, energy, error)
    return report
  }

  @Test func `fused linears are kept together, by error per byte, within the budget`() throws {
    let scheme = try #require(QuantizationScheme(groupSize: 64))
    let reports = [
      report("l.0.self_attn.q_proj", error: 0.1), report("l.0.self_attn.k_proj", error: 0.5),
      report("l.0.self_attn.v_proj", error: 0.1), report("l.0.self_attn.o_proj", energy: 10, error: 3),
      report("l.0.mlp.gate_proj", error: 0.1), report("l.0.mlp.up_proj", error: 0.1),
      report("l.0.mlp.down_proj", error: 0.25),
    ]
    // Per byte: o 0.3, down 0.25, qkv 0.7 / 3, gate and up 0.1.
    let one = Int((64 * 64 * (16 - scheme.bitsPerWeight) / 8).rounded(.up))
    func kept(_ bytes: Int) -> Set<String> { SixteenBitBudget(bytes: bytes).modules(by: reports) { _ in scheme } }
    let o = "l.0.self_attn.o_proj", down = "l.0.mlp.down_proj"
    #expect(kept(one - 1).isEmpty)
    #expect(kept(one) == [o])
    // Two more fit after o, but qkv are three and gate comes only with up.
    #expect(kept(2 * one) == [o, down])
    #expect(kept(5 * one) == [o, down, "l.0.self_attn.q_proj", "l.0.self_attn.k_proj", "l.0.self_attn.v_proj"])
    #expect(kept(4 * one) == [o, down, "l.0.mlp.gate_proj", "l.0.mlp.up_proj"])
  }

  @Test func `channels count as outliers from six times the median on, largest first`() {
    var energy = [Float](repeating: 4, count: 20)
    energy[3] = 4 * 36
    energy[7] = 4 * 35.9
    energy[11] = 4 * 100
    #expect(
      OutlierChannel.among(energy) == [OutlierChannel(channel: 11, ratio: 10), OutlierChannel(channel: 3, ratio: 6)])
    #expect(OutlierChannel.among([0, 0, 0, 5]).isEmpty)
  }

  @Test func `weights beyond half a level from the ends are counted, and groups of zeros`() throws {
    let scheme = try #require(QuantizationScheme(groupSize: 32))
    // Scale 1 and zero 5: levels from −5 to 10, so that −5.5 and 10.5 are the last to be rounded to an end.
    var weights = [Float](repeating: 0, count: 96)
    (weights[0], weights[1], weights[2], weights[3]) = (-5.5, -5.75, 10.5, 11)
    (weights[40], weights[41]) = (6, -3)  // times 2
    let linear = QuantizedLinear(
      outFeatures: 1, inFeatures: 96, scheme: scheme, codes: [UInt8](repeating: 5, count: 96), zeros: [5, 5, 5],
      scales: [1, 1, 1])
    let columns = (0..<96).map { Float($0 < 32 ? 1 : 2) }
    let counts = RangeCounts(
      FloatMatrix(rows: 1, columns: 96, values: weights), columnScales: columns, linear: linear)
    #expect(counts.clampedWeights == 4)
    #expect(counts.zeroGroups == 1)
  }
}
