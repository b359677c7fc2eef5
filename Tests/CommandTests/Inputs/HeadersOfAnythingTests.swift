// Files of weights that skyquant does not compute with: their headers are listed, their bytes checked and compared, and only
// what would compute is refused.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct HeadersOfAnythingTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func text(_ settings: [String: Any], _ name: String = "model") throws -> String {
    var model = TinyTextModel()
    model.settings = settings
    return try model.write(into: folder, as: name, tokenizer: try SampleModel().modelDirectory)
  }

  /// Writes a safetensors file of tensors that hold zeros.
  private func write(_ tensors: [(name: String, type: String, shape: [Int], bytes: Int)], to name: String) throws {
    var header: [String: Any] = [:], size = 0
    for tensor in tensors {
      header[tensor.name] = [
        "dtype": tensor.type, "shape": tensor.shape, "data_offsets": [size, size + tensor.bytes],
      ]
      size += tensor.bytes
    }
    let json = Array(try JSONSerialization.data(withJSONObject: header))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    try folder.write(length + json + [UInt8](repeating: 0, count: size), to: name)
  }

  @Test(arguments: [
    ("architecture", #"model_type "mistral" is not supported"#), ("config", "config.json is missing"),
    ("method", "quant_method \"fp8\" is not supported"), ("heads", "num_attention_heads"),
  ])
  func `a model that skyquant cannot compute with is listed, with the reason`(kind: (name: String, reason: String))
    throws
  {
    let path: String
    switch kind.name {
    case "architecture": path = try text(["model_type": "mistral"])
    case "method": path = try text(["quantization_config": ["quant_method": "fp8"]])
    case "heads": path = try text(["num_attention_heads": "four"])
    default:
      path = try text([:])
      try FileManager.default.removeItem(atPath: path + "/config.json")
    }
    let shown = try skyquant("inspect", path)
    expectSuccess(shown)
    #expect(shown.output.contains(kind.reason) && shown.output.contains("BF16"), "\(shown.output)")
    let tensors = try skyquant("inspect", path, "--tensors", "layers.1.mlp")
    #expect(tensors.exitCode == 0 && tensors.output.contains("3 tensors"))
    let checked = try skyquant("check", path, "--full")
    if kind.name == "heads" {
      // What contradicts itself is damage.
      #expect(checked.exitCode == 65 && checked.output.contains("num_attention_heads"))
    } else {
      #expect(checked.exitCode == 0 && checked.output.contains("intact") && checked.errors.contains(kind.reason))
    }
    #expect(try skyquant("diff", path, path).exitCode == 0)
    for command in [
      ["run", path, "--prompt", "x"], ["pack", path, folder.path("a.skyq")],
      ["quantize", path, "--method", "rtn", "--out", folder.path("awq")],
    ] {
      let refused = try skyquant(arguments: command)
      #expect([65, 66, 69].contains(refused.exitCode) && refused.errors.contains(kind.reason), "\(refused.errors)")
    }
    #expect(try folder.names() == ["model"])
  }

  @Test func `types that are never computed with are listed with their sizes, and found damaged where they are`() throws
  {
    try write(
      [
        ("a.weight", "F8_E4M3", [4, 6], 24), ("a.weight_scale", "F32", [1], 4), ("b.weight_packed", "F4", [4, 6], 12),
        ("b.weight_scale", "F8_E8M0", [4], 4), ("c", "C64", [3], 24), ("d", "I4", [2, 8], 8), ("e", "F6_E2M3", [4], 3),
      ], to: "fp8/model.safetensors")
    let path = folder.path("fp8")
    let shown = try skyquant("inspect", path, "--json").output
    let json = try JSONSerialization.jsonObject(with: Data(shown.utf8)) as? [String: Any]
    let types = try #require(json?["types"] as? [[String: Any]])
    let rows = types.map { "\($0["type"] ?? ""): \($0["tensors"] ?? "") \($0["elements"] ?? "") \($0["bytes"] ?? "")" }
    let expected = ["C64: 1 3 24", "F4: 1 24 12", "F6_E2M3: 1 4 3", "F8_E4M3: 1 24 24", "F8_E8M0: 1 4 4", "I4: 1 16 8"]
    #expect(Set(rows).isSuperset(of: expected), "\(rows)")
    #expect(try skyquant("check", path, "--full").exitCode == 0)
    try write([("a.weight", "F8_E4M3", [4, 6], 23)], to: "bad/model.safetensors")
    expectError(65, "E118", from: try skyquant("inspect", folder.path("bad")))
    expectError(65, "E118", from: try skyquant("check", folder.path("bad")))
    // A .skyq file has no code for them.
    let model = try text([:])
    try write([("x", "F8_E4M3", [2], 2)], to: "model/model.safetensors")
    #expect(try skyquant("pack", model, folder.path("x.skyq")).exitCode == 65)
  }

  @Test func `a directory of loose files and a file alone are listed, checked and compared`() throws {
    try write([("x", "F16", [2, 2], 8)], to: "loose/part.safetensors")
    try write([("y", "BF16", [3], 6)], to: "loose/other.safetensors")
    let shown = try skyquant("inspect", folder.path("loose"))
    #expect(shown.exitCode == 0 && shown.output.contains("safetensors, 2 files"), "\(shown.output)\(shown.errors)")
    #expect(try skyquant("check", folder.path("loose"), "--full").exitCode == 65, "a matrix of zeros is damage")
    let file = folder.path("loose/other.safetensors")
    #expect(try skyquant("check", file, "--full").exitCode == 0)
    let same = try skyquant("diff", file, file)
    #expect(same.exitCode == 0 && same.output.contains("tensors the same: 1"))
    let other = try skyquant("diff", folder.path("loose"), file)
    #expect(other.exitCode == 1 && other.output.contains("x: only in a"))
  }

  @Test func `linears in bits that are not computed with are listed as their parts`() throws {
    let model = try text([:])
    expectSuccess(try skyquant("quantize", model, "--method", "rtn", "--out", folder.path("awq"), "--quiet"))
    let ct = folder.path("ct")
    expectSuccess(
      try skyquant("export", folder.path("awq"), "--to", "compressed-tensors", "--out", ct, "--quiet"))
    let config = try String(contentsOfFile: ct + "/config.json", encoding: .utf8)
    try config.replacing("\"num_bits\": 4", with: "\"num_bits\": 3")
      .write(toFile: ct + "/config.json", atomically: true, encoding: .utf8)
    let shown = try skyquant("inspect", ct)
    #expect(shown.exitCode == 0 && shown.output.contains("compressed-tensors with 3 bits"), "\(shown.errors)")
    #expect(try skyquant("inspect", ct, "--tensors", "weight_packed").output.contains("14 tensors"))
    #expect(try skyquant("check", ct, "--full").exitCode == 0)
    #expect(try skyquant("diff", ct, ct).exitCode == 0)
    #expect(try skyquant("diff", ct, folder.path("awq")).exitCode == 1)
    expectError(69, "compressed-tensors with 3 bits", from: try skyquant("import", ct, folder.path("a.skyq")))
  }
}
