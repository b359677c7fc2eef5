// Eight bits beside four: each linear is held to what config.json says of its bits.
import Doctor
import Tensors
import TestSupport
import Testing

@Suite struct EightBitTests {
  private static let q = SyntheticRepository.attention + "q_proj"

  private static func group(_ bits: Int, symmetric: Bool, size: Int = 32) -> String {
    "{\"weights\": {\"num_bits\": \(bits), \"group_size\": \(size), \"symmetric\": \(symmetric)}}"
  }

  /// A repository of compressed-tensors in eight bits, without zeros, and what is wrong with it.
  private func findings(_ groups: [String], _ change: (inout SyntheticRepository) -> Void = { _ in }) throws
    -> [Finding]
  {
    var repository = SyntheticRepository()
    let members = groups.enumerated().map { "\"group_\($0)\": \($1)" }.joined(separator: ", ")
    repository.config = repository.config.replacing(
      DiagnosisTests.awq,
      with: #"{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"# + members + "},")
    repository.store(as: "packed in eight bits")
    change(&repository)
    return try repository.findings()
  }

  private func errors(_ groups: [String], _ change: (inout SyntheticRepository) -> Void = { _ in }) throws -> [String] {
    try findings(groups, change).filter { $0.severity == .error }.map(\.id)
  }

  private static let both = [group(4, symmetric: false), group(8, symmetric: true)]

  @Test func `zeros may be left out, and groups be long, where one of the groups of these bits says so`() throws {
    #expect(try errors(Self.both) == [])
    #expect(try errors([Self.group(8, symmetric: true)]) == [])
    // L201: zeros are missing. L202: other bits. L203: other groups.
    #expect(try errors([Self.group(4, symmetric: true), Self.group(8, symmetric: false)]) == ["L201"])
    // Linears of two shapes.
    #expect(try errors([Self.group(4, symmetric: true)]) == ["L202", "L202"])
    #expect(try errors([#"{"weights": {"group_size": 32}}"#]) == ["L202", "L202"])
    #expect(try errors([Self.group(4, symmetric: false), Self.group(8, symmetric: true, size: 64)]) == ["L203"])
  }

  @Test(arguments: [(UInt8(0x80), nil), (0x7F, "V202")])
  func `zeros of a symmetric model are 128`(kind: (zero: UInt8, id: String?)) throws {
    let found = try errors(Self.both) {
      $0.add(Self.q + ".weight_zero_point", .int32, [64, 8], [UInt8](repeating: kind.zero, count: 4 * 64 * 8))
    }
    #expect(found == [kind.id].compactMap(\.self))
  }

  @Test func `zeros are in words of their bits`() throws {
    let asymmetric = [Self.group(8, symmetric: false), Self.group(8, symmetric: true)]
    for (type, shape, ids) in [
      (.int32, [64, 8], []), (.int32, [32, 8], ["L202"]), (.float32, [64, 8], ["L202"]), (.int8, [256, 8], ["L202"]),
    ] as [(DType, Shape, [String])] {
      let found = try errors(asymmetric) {
        let count = shape.elementCount * type.byteWidth
        $0.add(Self.q + ".weight_zero_point", type, shape, [UInt8](repeating: 3, count: count))
      }
      #expect(found == ids, "\(type) \(shape)")
    }
  }

  @Test func `scales are counted in as many levels as there are`() throws {
    // 128 steps down from the middle reach 65504 with a scale of 511.75; of 255 steps with zeros, half of that.
    for (scale, isBeyond) in [(511.5, false), (512, true)] as [(Float16, Bool)] {
      #expect(try errors(Self.both) { $0.set(Self.q + ".weight_scale", first: scale) } == (isBeyond ? ["V105"] : []))
    }
    for (scale, isBeyond) in [(256, false), (257, true)] as [(Float16, Bool)] {
      let found = try errors([Self.group(8, symmetric: false), Self.group(8, symmetric: true)]) {
        $0.add(Self.q + ".weight_zero_point", .int32, [64, 8], [UInt8](repeating: 3, count: 4 * 64 * 8))
        $0.set(Self.q + ".weight_scale", first: scale)
      }
      #expect(found == (isBeyond ? ["V105"] : []))
    }
  }
}
