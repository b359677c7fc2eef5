// One linear that another tool packed, and the checkpoint that it is alone in.
import Foundation
import JSON
import Kernels
import ModelFiles
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// A file of Resources/linears (Scripts/golden/quantized_linears.py): the tensors of the linear `m` as a tool packed them,
/// which a test may change.
struct PackedFixture {
  /// `quantization_config`.
  var config: JSONObject
  private var infos: [TensorInfo] = []
  private var bytes: [String: [UInt8]] = [:]
  /// What the tool decodes the linear to.
  let decoded: [Float]

  init(_ name: String) throws {
    let path = Bundle.module.path(forResource: name, ofType: "safetensors", inDirectory: "Resources/linears")
    let file = try SafetensorsFile(path: try #require(path))
    let text = try #require(file.header.metadata["quantization_config"])
    config = try #require(try JSONValue(parsing: text).objectValue)
    decoded = try file.tensor("decoded").floats()
    for info in file.tensors where info.name != "decoded" {
      infos.append(info)
      bytes[info.name] = try file.tensor(info.name).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) }
      }
    }
  }

  /// Changes the bytes of the tensor `name`.
  mutating func change(_ name: String, _ edit: (inout [UInt8]) -> Void) throws {
    var edited = try #require(bytes[name])
    edit(&edited)
    bytes[name] = edited
  }

  /// Takes a tensor away.
  mutating func remove(_ name: String) {
    infos.removeAll { $0.name == name }
    bytes[name] = nil
  }

  /// Adds a tensor.
  mutating func add(_ info: TensorInfo, _ data: [UInt8]) {
    infos.append(info)
    bytes[info.name] = data
  }

  /// Gives a tensor another type or shape, and its bytes.
  mutating func replace(_ name: String, dtype: DType, shape: Shape, _ data: [UInt8]) {
    remove(name)
    add(TensorInfo(name: name, dtype: dtype, shape: shape), data)
  }

  /// Writes the checkpoint into `folder` and opens it.
  /// - Parameters:
  ///   - module: What the linear is called there.
  ///   - other: What it is called a second time; nil if it is there once.
  func opened(
    in folder: TemporaryDirectory, as module: String = "m", and other: String? = nil,
    readingActOrder readsActOrder: Bool = false
  ) throws -> ModelFile {
    let modules = [module] + [other].compactMap(\.self)
    let parts = modules.flatMap { module in
      infos.map { info in
        (info.name, TensorInfo(name: module + info.name.dropFirst(), dtype: info.dtype, shape: info.shape))
      }
    }
    var model = try #require(try JSONValue(parsing: TinyLlama.config).objectValue)
    model["quantization_config"] = .object(config)
    try folder.write(String(decoding: try JSONValue.object(model).serialized(), as: UTF8.self), to: "m/config.json")
    var writer = try SafetensorsWriter(
      SafetensorsPlan(tensors: parts.map(\.1)),
      to: AtomicFileWriter(path: folder.path("m/model.safetensors"), overwriting: true))
    for (name, info) in parts { try writer.write(try #require(bytes[name]), of: info.name) }
    try writer.finish().commit()
    return try ModelFile.open(folder.path("m"), readingActOrder: readsActOrder)
  }

  /// The linear of the checkpoint.
  func linear(in folder: TemporaryDirectory) throws -> StoredTensor {
    let model = try opened(in: folder)
    return try #require(model.tensors.first { $0.name == "m.weight" })
  }
}
