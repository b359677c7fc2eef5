// Names that would mean something else in a quantized checkpoint are refused before it is written.
import Basics
import JSON
import ModelFiles
import Skyq
import Storage
import Tensors
import Testing
import TestSupport

@Suite struct AmbiguousNamesTests {
  private let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  private func expectRefusal(_ words: String, _ body: () throws -> Void) {
    let error = #expect(throws: ModelFilesError.self) { try body() }
    #expect(error?.category == .unsupported)
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test(arguments: ["x.qweight", "x.weight_packed"])
  func `a plain tensor must not have the name of a linear's codes`(name: String) throws {
    let model = try ModelFile.open(try TinyLlama.write(into: folder, and: name))
    expectRefusal("tensor '\(name)' is a plain one") { try model.requireNames() }
  }

  @Test func `a plain tensor may have the name of other parts of a linear`() throws {
    let model = try ModelFile.open(try TinyLlama.write(into: folder, and: "x.scales"))
    try model.requireNames()
  }

  @Test func `a model that is not quantized comes out of its packed file whatever its tensors are called`() throws {
    let model = try ModelFile.open(try TinyLlama.write(into: folder, and: "x.qweight"))
    let path = folder.path("tiny.skyq")
    _ = try SkyqPacker(model, sources: [], version: "test")
      .pack(in: WorkFolder(for: path, making: .file)) { _, _ in }
    try CheckpointExporter(ModelFile.open(path)).export(to: folder.path("out"), overwriting: false) { _, _ in }
    let found = try ModelDifference(model, ModelFile.open(folder.path("out"))) { _, _ in }
    #expect(found.tensors.isEmpty)
  }

  @Test func `a packed file must not lie among the files of weights`() throws {
    let path = folder.path("odd.skyq")
    let writer = try SkyqWriter(
      in: WorkFolder(for: path, making: .file), tensors: [],
      sections: [
        SkyqSectionContent(file: "config.json", bytes: Array(TinyLlama.config.utf8)),
        SkyqSectionContent(file: "model.safetensors", bytes: [0]),
      ])
    _ = try writer.seal().publish()
    let model = try ModelFile.open(path)
    expectRefusal("the file 'model.safetensors' in it") { _ = try CheckpointExporter(model) }
  }

  @Test func `a quantized linear must be called as checkpoints call linears`() throws {
    var config = try #require(try JSONValue(parsing: Array(TinyLlama.config.utf8)[...]).objectValue)
    config["quantization_config"] = ["quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": true]
    let path = folder.path("odd.skyq")
    var writer = try SkyqWriter(
      in: WorkFolder(for: path, making: .file),
      tensors: [SkyqTensorPlan(name: "odd", encoding: .awqFloat16, shape: [8, 32], groupSize: 32)],
      sections: [
        SkyqSectionContent(file: "config.json", bytes: try JSONValue.object(config).serialized())
      ])
    var tensor = writer.tensorWriters.makeWriter(of: 0)
    try tensor.append([UInt8](repeating: 0x21, count: 8 * 16))
    try tensor.append([UInt8](repeating: 0x3C, count: 8 * 2))
    try tensor.append([UInt8](repeating: 0x07, count: 8))
    try writer.complete(tensor.finish())
    _ = try writer.seal().publish()
    let model = try ModelFile.open(path)
    for format in CheckpointFormat.allCases {
      expectRefusal("quantized tensor 'odd' is not called ….weight") { _ = try CheckpointExporter(model, as: format) }
    }
  }
}
