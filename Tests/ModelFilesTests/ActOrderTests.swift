// GPTQ whose input features are not in the order of their groups: read only to be rounded once more.
import Basics
import ModelConfig
import ModelFiles
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct ActOrderTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private static let names = ["gptqmodel-act-order-sym-v1-g64", "gptqmodel-act-order-int8-asym-v2-g32"]
  private static let module = "model.layers.0.self_attn.q_proj"

  private struct NotALinear: Error {}

  private func packed(_ model: ModelFile) throws -> any PackedLinear {
    guard model.tensors.count == 1, case .quantized(let packed) = try model.tensors[0].content else {
      throw NotALinear()
    }
    return packed
  }

  @Test(arguments: names) func `where it may be read, weights are those that GPTQModel decodes`(name: String) throws {
    let fixture = try PackedFixture(name)
    let packed = try packed(try fixture.opened(in: folder, readingActOrder: true))
    let columns = packed.columns
    #expect(packed.rows == 32 && columns == 256 && packed.hasActOrder)
    #expect(packed.encodingName.hasSuffix(" act-order"))
    #expect(packed.decoded().values == fixture.decoded)
    #expect(packed.decoded(rows: 3..<7).values == Array(fixture.decoded[3 * columns..<7 * columns]))
  }

  @Test(arguments: names) func `else it is refused by name, and it never has codes of another layout`(name: String)
    throws
  {
    let fixture = try PackedFixture(name)
    let refused = #expect(throws: ModelFilesError.self) { _ = try fixture.opened(in: folder) }
    #expect(refused?.category == .unsupported)
    #expect(refused?.description.contains("act-order has no place in AWQ or .skyq") == true)
    #expect(refused?.description.contains("`skyquant export --requantize`") == true)
    let model = try fixture.opened(in: folder, as: Self.module, readingActOrder: true), packed = try packed(model)
    let error = #expect(throws: QuantizationError.self) { _ = try packed.unpacked() }
    #expect(error?.category == .unsupported && packed.nearestInHalf() == nil)
    #expect(throws: QuantizationError.self) {
      try CheckpointExporter(model, as: .compressedTensors)
        .export(to: folder.path("out"), overwriting: false) { _, _ in }
    }
    #expect(try folder.names() == ["m"])
  }

  @Test(arguments: names, [CheckpointFormat.awq, .compressedTensors, .gptq])
  func `rounded once more, its groups follow each other, and no weight moves by more than half a step`(
    name: String, format: CheckpointFormat
  ) throws {
    let fixture = try PackedFixture(name)
    let model = try fixture.opened(in: folder, as: Self.module, readingActOrder: true)
    let cost = try CheckpointExporter(model, as: format, requantizing: true)
      .export(to: folder.path("out"), overwriting: false) { _, _ in }
    let exported = try ModelFile.open(folder.path("out")), packed = try packed(exported)
    let bits = name.contains("int8") && format == .compressedTensors ? 8 : 4
    #expect(packed.scheme.bits == bits && packed.scheme.groupSize == (name.contains("g32") ? 32 : 64))
    let linear = try packed.unpacked(), found = linear.dequantized().values
    var lost = 0.0, whole = 0.0
    for (index, original) in fixture.decoded.enumerated() {
      let difference = abs(found[index] - original)
      // A scale is rounded to eleven bits, and is multiplied by the number of a level.
      let step = Float(linear.scales[index / linear.scheme.groupSize])
      #expect(difference <= step * (0.5 + Float(1 << bits) / 2048))
      lost += Double(difference) * Double(difference)
      whole += Double(original) * Double(original)
    }
    #expect(cost.linearCount == 1 && cost.halfCount == 0 && cost.worst == Self.module)
    #expect(abs(cost.relativeError - (lost / whole).squareRoot()) < 1e-9 && cost.relativeError > 0)
  }

  @Test func `a group that there is not is malformed, and no other order`() throws {
    for group in [4, -1] as [Int32] {
      var fixture = try PackedFixture("gptqmodel-act-order-sym-v1-g64")
      try fixture.change("m.g_idx") { bytes in
        for byte in 0..<4 { bytes[4 * 9 + byte] = UInt8(truncatingIfNeeded: group >> (8 * Int32(byte))) }
      }
      let error = #expect(throws: QuantizationError.self) {
        _ = try fixture.opened(in: folder, readingActOrder: true)
      }
      #expect(error?.category == .malformedInput)
      #expect(error?.description.contains("feature 9 is of group \(group), but there are 4") == true)
    }
  }
}
