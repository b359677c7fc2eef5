// What `export --requantize` makes of linears that a layout has no place for, held to what the tool that packed them decodes.
import Basics
import JSON
import Kernels
import ModelFiles
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct RequantizationTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private static let module = "model.layers.0.self_attn.q_proj"

  private func export(
    _ fixture: PackedFixture, as module: String, and other: String? = nil, to format: CheckpointFormat,
    requantizing: Bool = true
  ) throws -> Requantization {
    let model = try fixture.opened(in: folder, as: module, and: other)
    return try CheckpointExporter(model, as: format, requantizing: requantizing)
      .export(to: folder.path("out"), overwriting: true) { _, _ in }
  }

  private struct NotALinear: Error {}

  @Test func `scales become the nearest of half precision, and codes stay`() throws {
    let fixture = try PackedFixture("compressed-tensors-sym-channel-f32")
    let cost = try export(fixture, as: Self.module, to: .awq)
    guard case .quantized(let rounded) = try #require(ModelFile.open(folder.path("out")).tensors.first).content else {
      throw NotALinear()
    }
    let found = rounded.decoded().values
    var lost = 0.0, whole = 0.0
    for (value, original) in zip(found, fixture.decoded) {
      // Half precision has eleven bits.
      #expect(abs(value - original) <= abs(original) / 2048)
      lost += Double(value - original) * Double(value - original)
      whole += Double(original) * Double(original)
    }
    #expect(lost > 0 && cost.linearCount == 1 && cost.worst == Self.module)
    #expect(abs(cost.relativeError - (lost / whole).squareRoot()) < 1e-9 && cost.largestError == cost.relativeError)
  }

  @Test(arguments: [
    ("compressed-tensors-int8-asym-g32-f16", CheckpointFormat.awq), ("auto-round-int8-sym-g64", .gptq),
    ("compressed-tensors-asym-g32-f16", .compressedTensors), ("auto-round-asym-g64", .awq),
  ])
  func `outside the decoder's layers, where loaders look for none, they are matrices of half precision`(
    name: String, format: CheckpointFormat
  ) throws {
    let fixture = try PackedFixture(name)
    let refused = #expect(throws: ModelFilesError.self) {
      try export(fixture, as: "lm_head", and: Self.module, to: format, requantizing: false)
    }
    #expect(refused?.category == .unsupported)
    #expect(
      refused?.description.contains(
        name.contains("int8") ? "or --requantize to store it in 16 bit" : "as --requantize stores them") == true)
    let cost = try export(fixture, as: "lm_head", and: Self.module, to: format)
    #expect(cost.halfCount == 1 && cost.linearCount == (name.contains("int8") ? 1 : 0))
    let exported = try ModelFile.open(folder.path("out"))
    #expect(exported.tensors.map(\.isQuantized) == [false, true])
    guard case .dense(let view) = try #require(exported.tensors.first).content else { throw NotALinear() }
    #expect(
      view.info == TensorInfo(name: "lm_head.weight", dtype: .float16, shape: [fixture.decoded.count / 256, 256]))
    #expect(try view.floats() == fixture.decoded.map { Float(Float16($0)) })
  }

  @Test func `a model of which nothing would stay quantized is refused`() throws {
    let fixture = try PackedFixture("compressed-tensors-int8-asym-g32-f16")
    let error = #expect(throws: ModelFilesError.self) { try export(fixture, as: "lm_head", to: .awq) }
    #expect(error?.category == .unsupported)
    #expect(error?.description.contains("nothing would stay quantized") == true)
  }

  @Test func `rows that fill no whole words of the layout are refused by their shape, also in eight bits`() throws {
    let fixture = try PackedFixture("compressed-tensors-int8-asym-g64-10-rows")
    let error = #expect(throws: ModelFilesError.self) { try export(fixture, as: Self.module, to: .awq) }
    #expect(error?.description.contains("has the shape [10, 256]; in awq both extents are multiples of 8") == true)
  }

  @Test(arguments: [UInt8(0x7C), 0x7E], [module, "lm_head"])
  func `weights that are no numbers of half precision are refused, and nothing is left`(
    high: UInt8, module: String
  ) throws {
    var fixture = try PackedFixture("compressed-tensors-int8-asym-g32-f16")
    // The last scale: infinity, or no number.
    try fixture.change("m.weight_scale") { $0[$0.count - 1] = high }
    let error = #expect(throws: QuantizationError.self) {
      try export(fixture, as: module, and: module == Self.module ? nil : Self.module, to: .awq)
    }
    #expect(error?.category == .malformedInput)
    #expect(
      error?.description.contains("'\(module).weight' holds weights that are no numbers of half precision") == true)
    #expect(try folder.names() == ["m"])
  }

  @Test func `a linear must be what config.json says of one of the groups of modules`() throws {
    let symmetric: JSONValue = ["num_bits": 8, "strategy": "group", "group_size": 32, "symmetric": true]
    func opened(_ name: String, _ weights: JSONValue, without part: String? = nil) throws -> String? {
      var fixture = try PackedFixture(name)
      fixture.config["config_groups"] = ["group_0": ["weights": weights], "group_1": ["weights": symmetric]]
      if let part { fixture.remove("m." + part) }
      do {
        _ = try fixture.linear(in: folder).content
        return nil
      } catch {
        return "\(error)"
      }
    }
    let asymmetric: JSONValue = ["num_bits": 4, "strategy": "group", "group_size": 32, "symmetric": false]
    let int4 = "compressed-tensors-asym-g32-f16", int8 = "compressed-tensors-int8-asym-g32-f16"
    #expect(try opened(int4, asymmetric) == nil)
    // Zeros are left out by linears of eight bits only.
    #expect(
      try opened(int4, asymmetric, without: "weight_zero_point")?.contains("m.weight_zero_point is missing") == true)
    #expect(try opened(int8, asymmetric)?.contains("config.json says symmetric, so that all zeros are 128") == true)
    let long: JSONValue = ["num_bits": 4, "strategy": "group", "group_size": 64, "symmetric": false]
    #expect(try opened(int4, long)?.contains("config.json says group_size 64, the tensors say 32") == true)
    #expect(try opened(int4, symmetric)?.contains("config.json says 8 bits, the tensors say 4") == true)
  }
}
