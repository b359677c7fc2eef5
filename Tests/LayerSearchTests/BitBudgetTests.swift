// Which linears get more bits, on small tables whose greedy choice was worked out by hand.
import LayerSearch
import Testing

@Suite struct BitBudgetTests {
  private static let four = 4.25, eight = 8.25

  /// A linear of 64 × 64 weights and an output energy of 2, with its relative errors in four, eight and sixteen bits.
  private func report(_ module: String, _ four: Double, _ eight: Double, _ sixteen: Double = 0) -> Measured {
    var report = LinearReport(module: module)
    (report.outFeatures, report.inFeatures, report.outputEnergy, report.errorAfter) = (64, 64, 2, 2 * four)
    return (report, RaisedErrors(eightBits: 2 * eight, original: 2 * sixteen))
  }

  private typealias Measured = (report: LinearReport, errors: RaisedErrors?)

  /// What is raised for so many bits for each of the weights of one linear.
  private func choice(_ bits: Double, _ forms: Set<RaisedForm>, _ measured: [Measured]) -> RaisedLinears {
    let errors = Dictionary(
      uniqueKeysWithValues: measured.compactMap { one in one.errors.map { (one.report.module, $0) } })
    return BitBudget(bits: bits * 64 * 64, forms: forms).choice(by: measured.map { $0.report }, errors: errors) {
      _, form in
      switch form {
      case nil: Self.four
      case .int8: Self.eight
      case .sixteenBit: 16
      }
    }
  }

  private let o = "l.0.self_attn.o_proj", down = "l.0.mlp.down_proj"
  private let qkv: Set = ["l.0.self_attn.q_proj", "l.0.self_attn.k_proj", "l.0.self_attn.v_proj"]

  /// Gains for each bit and weight, times 100: o 2 to int8 (8 for 4 bits), then 0.129 to 16 (1 for 7.75); down 1 to int8 (4
  /// for 4), then 0; q, k, v together 1.5 to int8 (18 for 12), then 0.258 (6 for 23.25).
  private var reports: [Measured] {
    [
      report("l.0.self_attn.q_proj", 0.05, 0.01), report("l.0.self_attn.k_proj", 0.10, 0.02),
      report("l.0.self_attn.v_proj", 0.09, 0.03), report(o, 0.09, 0.01), report(down, 0.04, 0.0),
    ]
  }

  @Test(arguments: [
    (3.9, 0), (4.0, 1), (8.0, 2), (15.7, 2), (16.0, 3), (19.9, 3), (20.0, 4), (27.7, 4), (27.75, 5), (43.25, 6),
    (50.9, 6), (51.0, 7),
  ])
  func `steps are taken by gain for each bit, and those that do not fit are passed over`(bits: Double, row: Int) {
    let expected = [
      RaisedLinears(), RaisedLinears(eightBit: [o]), RaisedLinears(eightBit: [o, down]),
      RaisedLinears(eightBit: qkv.union([o])), RaisedLinears(eightBit: qkv.union([o, down])),
      RaisedLinears(eightBit: qkv.union([down]), sixteenBit: [o]),
      // Of what is left the step of q, k and v to 16 bit wins more for each bit than that of o.
      RaisedLinears(eightBit: [o, down], sixteenBit: qkv), RaisedLinears(eightBit: [down], sixteenBit: qkv.union([o])),
    ]
    #expect(choice(bits, [.int8, .sixteenBit], reports) == expected[row])
  }

  @Test func `a form that was not asked for is left out`() {
    // Per bit to 16: o 9 / 11.75, q, k, v 24 / 35.25, down 4 / 11.75.
    #expect(choice(11.75, [.sixteenBit], reports) == RaisedLinears(sixteenBit: [o]))
    #expect(choice(46.9, [.sixteenBit], reports) == RaisedLinears(sixteenBit: [o, down]))
    #expect(choice(47, [.sixteenBit], reports) == RaisedLinears(sixteenBit: qkv.union([o])))
    #expect(choice(1000, [.int8], reports) == RaisedLinears(eightBit: qkv.union([o, down])))
  }

  @Test func `eight bits that win little for each bit are no station on the way to sixteen`() {
    let reports = [report(o, 0.10, 0.09, 0.0), report(down, 0.10, 0.01, 0.0)]
    // o: 1 for 4 bits, but 10 for 11.75; down: 9 for 4, then 1 for 7.75.
    #expect(choice(15.75, [.int8, .sixteenBit], reports) == RaisedLinears(eightBit: [down], sixteenBit: [o]))
    #expect(choice(11.7, [.int8, .sixteenBit], reports) == RaisedLinears(eightBit: [down]))
  }

  @Test func `nothing is spent on what does not win by it, or was not measured`() {
    // Corrected weights of eight bits may lose less than the original's, whose inputs have drifted.
    var unmeasured = report(down, 0.5, 0)
    unmeasured.errors = nil
    let reports = [report(o, 0.10, 0.02, 0.03), unmeasured, report("l.1.mlp.down_proj", 0.1, .nan, .nan)]
    #expect(choice(1000, [.int8, .sixteenBit], reports) == RaisedLinears(eightBit: [o]))
  }
}
