// Linears as other tools pack them mean here what they mean there, and what contradicts itself in them is refused.
import Basics
import JSON
import ModelConfig
import ModelFiles
import Quantization
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct OtherToolsTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private static let encodings = [
    "compressed-tensors-asym-g32-f16": "pack-quantized g32",
    "compressed-tensors-asym-channel-f16": "pack-quantized one group a row",
    "compressed-tensors-asym-g64-12-rows": "pack-quantized g64",
    "compressed-tensors-sym-g64-bf16": "pack-quantized sym g64",
    "compressed-tensors-sym-channel-f32": "pack-quantized sym one group a row",
    "auto-round-sym-g32": "gptq g32", "auto-round-asym-g64": "gptq_v2 g64",
    "auto-round-asym-v1-channel": "gptq one group a row", "auto-round-awq-g64": "awq_u4 g64",
    "gptqmodel-sym-v1-g64": "gptq g64", "gptqmodel-asym-v1-g32": "gptq g32",
    "gptqmodel-asym-v2-channel": "gptq_v2 one group a row",
    "compressed-tensors-int8-asym-g32-f16": "pack-quantized int8 g32",
    "compressed-tensors-int8-asym-g64-10-rows": "pack-quantized int8 g64",
    "compressed-tensors-int8-sym-g128-f16": "pack-quantized int8 sym g128",
    "compressed-tensors-int8-sym-channel-bf16": "pack-quantized int8 sym one group a row",
    "auto-round-int8-sym-g64": "gptq int8 g64", "auto-round-int8-asym-g128": "gptq_v2 int8 g128",
  ]

  private func packed(_ fixture: PackedFixture) throws -> any PackedLinear {
    guard case .quantized(let packed) = try fixture.linear(in: folder).content else {
      throw NotALinear()
    }
    return packed
  }

  private struct NotALinear: Error {}

  @Test(arguments: encodings.keys.sorted()) func `weights are those that the tool itself decodes`(name: String) throws {
    let fixture = try PackedFixture(name)
    let packed = try packed(fixture)
    #expect(packed.encodingName == Self.encodings[name])
    let columns = packed.columns
    #expect(packed.rows * columns == fixture.decoded.count && columns == 256)
    #expect(packed.decoded().values == fixture.decoded)
    for range in [0..<1, 3..<5, 7..<packed.rows] {
      let expected = fixture.decoded[range.lowerBound * columns..<range.upperBound * columns]
      #expect(packed.decoded(rows: range).values == Array(expected))
    }
  }

  @Test(arguments: encodings.keys.sorted().filter { !$0.hasSuffix("f32") })
  func `a linear in memory has the same weights, and gives the tool's bytes again`(name: String) throws {
    let fixture = try PackedFixture(name)
    let packed = try packed(fixture)
    let linear = try packed.unpacked()
    #expect(linear.dequantized().values == fixture.decoded)
    #expect(packed.isReproduced(by: linear))
    for code in [0, linear.codes.count - 1] {
      var other = linear
      other.codes[code] ^= 1
      #expect(!packed.isReproduced(by: other))
    }
    var other = linear
    other.zeros[other.zeros.count - 1] ^= 1
    #expect(!packed.isReproduced(by: other))
    other = linear
    other.scales[other.scales.count - 1] = other.scales[other.scales.count - 1].nextUp
    #expect(!packed.isReproduced(by: other))
  }

  @Test func `scales that half precision cannot hold are computed with, but not carried over`() throws {
    let packed = try packed(try PackedFixture("compressed-tensors-sym-channel-f32"))
    let error = #expect(throws: QuantizationError.self) { _ = try packed.unpacked() }
    #expect(error?.category == .unsupported)
    #expect(error?.description.contains("m.weight_scale': the scale 0.") == true, "\(String(describing: error))")
  }

  /// Why a linear cannot be had in a layout; nil if it can.
  private static func refusal(of name: String, in format: CheckpointFormat) -> String? {
    switch (name, format) {
    case ("compressed-tensors-sym-channel-f32", _): "is no number of half precision"
    case ("compressed-tensors-asym-g64-12-rows", .compressedTensors): nil
    case ("compressed-tensors-asym-g64-12-rows", _):
      "has the shape [12, 256]; in \(format) both extents are multiples of 8"
    case (_, .awq) where name.contains("int8"), (_, .gptq) where name.contains("int8"):
      "has codes of 8 bits, which \(format) has no place for; use --to compressed-tensors"
    default: nil
    }
  }

  @Test(arguments: encodings.keys.sorted(), [CheckpointFormat.awq, .compressedTensors, .gptq])
  func `in another layout it has the same weights, or is refused by name and leaves nothing`(
    name: String, format: CheckpointFormat
  ) throws {
    let fixture = try PackedFixture(name), module = "model.layers.0.self_attn.q_proj"
    let model = try fixture.opened(in: folder, as: module)
    func export() throws {
      try CheckpointExporter(model, as: format).export(to: folder.path("out"), overwriting: false) { _, _ in }
    }
    if let words = Self.refusal(of: name, in: format) {
      let error = #expect(throws: (any Error).self) { try export() } as? any CategorizedError
      #expect(error?.category == .unsupported && error?.description.contains(words) == true)
      #expect(try folder.names() == ["m"])
      return
    }
    try export()
    let exported = try ModelFile.open(folder.path("out"))
    guard case .quantized(let packed) = try #require(exported.tensors.first).content else { throw NotALinear() }
    #expect(exported.tensors.count == 1 && exported.tensors[0].name == module + ".weight")
    #expect(packed.decoded().values == fixture.decoded)
    #expect(exported.config.quantization?.groupSize == packed.scheme.groupSize)
  }

  @Test(arguments: encodings.keys.sorted().filter { !$0.hasSuffix("f32") })
  func `a packed file has the same weights and gives the tool's bytes again`(name: String) throws {
    let fixture = try PackedFixture(name)
    let model = try fixture.opened(in: folder)
    let packer = SkyqPacker(model, sources: model.audited().digests, version: "test")
    _ = try packer.pack(in: WorkFolder(for: folder.path("m.skyq"), making: .file)) { _, _ in }
    let packed = try ModelFile.open(folder.path("m.skyq"))
    var compared = 0
    try model.requireReturn(from: packed) { done, _ in compared = done }
    guard case .quantized(let planes) = try #require(packed.tensors.first).content else { throw NotALinear() }
    #expect(compared == 1 && planes.decoded().values == fixture.decoded)
  }

  /// Opens what `change` makes of a linear, asks for its values, and expects an error of `category` with `words`.
  private func expectRefusal(
    _ name: String, _ category: FailureCategory, _ words: String, _ change: (inout PackedFixture) throws -> Void
  ) throws {
    var fixture = try PackedFixture(name)
    try change(&fixture)
    let error = #expect(throws: (any Error).self) { _ = try packed(fixture) } as? any CategorizedError
    #expect(error?.category == category, "\(String(describing: error))")
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test func `config and tensors that contradict each other are an error that names both`() throws {
    try expectRefusal("auto-round-sym-g32", .malformedInput, "config.json says awq, the tensors say gptq") {
      $0.config = ["quant_method": "awq", "bits": 4, "group_size": 32]
    }
    try expectRefusal("auto-round-sym-g32", .malformedInput, "config.json says group_size 64, the tensors say 32") {
      $0.config["group_size"] = 64
    }
    try expectRefusal("auto-round-sym-g32", .malformedInput, "config.json says pack-quantized, the tensors say gptq") {
      $0.config = try PackedFixture("compressed-tensors-asym-g32-f16").config
    }
    try expectRefusal(
      "compressed-tensors-asym-g32-f16", .malformedInput, "config.json says gptq, the tensors say pack-quantized"
    ) { $0.config = ["quant_method": "gptq", "bits": 4, "group_size": 32] }
    try expectRefusal(
      "compressed-tensors-asym-channel-f16", .malformedInput, "config.json says group_size 32, the tensors say 256"
    ) { $0.config = try PackedFixture("compressed-tensors-asym-g32-f16").config }
  }

  @Test func `config and tensors that differ in bits are an error that names both`() throws {
    try expectRefusal("compressed-tensors-asym-g32-f16", .malformedInput, "config.json says 8 bits, the tensors say 4")
    {
      $0.config = try PackedFixture("compressed-tensors-int8-asym-g32-f16").config
    }
    try expectRefusal("auto-round-int8-sym-g64", .malformedInput, "config.json says 4 bits, the tensors say 8") {
      $0.config["bits"] = 4
    }
  }

  @Test func `zeros that a symmetric model cannot have are an error`() throws {
    // The same words under the label of GPTQ's other format: all zeros are off by one.
    try expectRefusal("auto-round-sym-g32", .malformedInput, "row 0, group 0 has 7") {
      $0.config["packing_format"] = "auto_round"
    }
    try expectRefusal("auto-round-asym-g64", .malformedInput, "config.json says symmetric") { $0.config["sym"] = true }
    try expectRefusal("auto-round-int8-sym-g64", .malformedInput, "all zeros are 128, but row 0, group 0 has 127") {
      $0.config["packing_format"] = "auto_round"
    }
  }

  @Test func `fifteen as a stored zero has no one meaning in GPTQ's first format`() throws {
    try expectRefusal("auto-round-asym-v1-channel", .malformedInput, "row 9, group 0 holds 15") {
      // One group: row 9 is the second nibble of the second word.
      try $0.change("m.qzeros") { $0[4] |= 0xF0 }
    }
    try expectRefusal("auto-round-int8-sym-g64", .malformedInput, "row 2, group 0 holds 255") {
      try $0.change("m.qzeros") { $0[2] = 0xFF }
    }
  }

  @Test func `an asymmetric model must have its zeros`() throws {
    try expectRefusal("compressed-tensors-asym-g32-f16", .malformedInput, "m.weight_zero_point is missing") {
      $0.remove("m.weight_zero_point")
    }
    try expectRefusal("auto-round-sym-g32", .malformedInput, "m.qzeros is missing") { $0.remove("m.qzeros") }
    try expectRefusal("auto-round-sym-g32", .malformedInput, "m.scales is missing") { $0.remove("m.scales") }
    try expectRefusal("compressed-tensors-asym-g32-f16", .malformedInput, "m.weight_shape is missing") {
      $0.remove("m.weight_shape")
    }
  }

  @Test func `AWQ with scales in bfloat16 has the same weights`() throws {
    var fixture = try PackedFixture("auto-round-awq-g64")
    var scales: [UInt8] = []
    try fixture.change("m.scales") { scales = $0 }
    let wide = stride(from: 0, to: scales.count, by: 2).flatMap { index -> [UInt8] in
      let bits = Float(Float16(bitPattern: UInt16(scales[index]) | UInt16(scales[index + 1]) << 8)).bitPattern >> 16
      return [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
    }
    fixture.replace("m.scales", dtype: .bfloat16, shape: [4, 8], wide)
    let packed = try packed(fixture), linear = try packed.unpacked()
    #expect(packed.decoded().values == fixture.decoded && linear.dequantized().values == fixture.decoded)
    #expect(packed.isReproduced(by: linear))
  }

  private func words(_ values: [Int32]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  @Test func `input features in order of their groups are read, in another order refused by name`() throws {
    let ordered = (0..<256).map { Int32($0 / 32) }, info = TensorInfo(name: "m.g_idx", dtype: .int32, shape: [256])
    var fixture = try PackedFixture("auto-round-sym-g32")
    fixture.add(info, words(ordered))
    #expect(try packed(fixture).decoded().values == fixture.decoded)
    try expectRefusal("auto-round-sym-g32", .unsupported, "input feature 31 is of group 1, not 0: act-order") {
      var groups = ordered
      groups.swapAt(31, 32)
      $0.add(info, words(groups))
    }
    try expectRefusal("auto-round-sym-g32", .malformedInput, "expected shape I32 [256], found I32 [64]") {
      $0.add(TensorInfo(name: "m.g_idx", dtype: .int32, shape: [64]), words(Array(ordered.prefix(64))))
    }
  }

  @Test func `other bits, other packings and other groups are refused by name`() throws {
    try expectRefusal("auto-round-sym-g32", .unsupported, "linear 'm' is stored in 2 bits") {
      $0.replace("m.qweight", dtype: .int32, shape: [16, 32], [UInt8](repeating: 0, count: 2048))
      $0.replace("m.qzeros", dtype: .int32, shape: [8, 2], [UInt8](repeating: 0, count: 64))
    }
    try expectRefusal("auto-round-awq-g64", .unsupported, "linear 'm' is stored in 8 bits") {
      $0.replace("m.qweight", dtype: .int32, shape: [256, 2], [UInt8](repeating: 0, count: 2048))
    }
    try expectRefusal("auto-round-sym-g32", .unsupported, "AutoRound's packing \"auto_round:fp8\"") {
      $0.config["packing_format"] = "auto_round:fp8"
    }
    try expectRefusal("auto-round-sym-g32", .unsupported, "GPTQ checkpoint_format \"gptq_p\"") {
      $0.config = ["quant_method": "gptq", "checkpoint_format": "gptq_p"]
    }
    try expectRefusal("compressed-tensors-asym-g32-f16", .unsupported, "format \"float-quantized\"") {
      $0.config["format"] = "float-quantized"
    }
    try expectRefusal("auto-round-sym-g32", .malformedInput, "in groups of a multiple of 32") {
      $0.replace("m.qzeros", dtype: .int32, shape: [16, 4], [UInt8](repeating: 0x77, count: 256))
      $0.replace("m.scales", dtype: .float16, shape: [16, 32], [UInt8](repeating: 0x2C, count: 1024))
    }
  }
}
