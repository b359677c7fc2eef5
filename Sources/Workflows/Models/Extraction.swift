// Parts of a model in files of their own: what `skyquant extract` and `inspect --dump-weights` write.
public import ModelFiles
internal import Quantization
internal import Safetensors
internal import Skyq
internal import Storage
internal import Tensors

/// Files and tensors of one model, written out.
public struct Extraction: Sendable {
  /// The model that they are taken from.
  public var model: String
  /// Whether an existing output is replaced.
  public var overwrites: Bool

  /// An extraction from `model`.
  public init(model: String, overwrites: Bool = false) {
    self.model = model
    self.overwrites = overwrites
  }

  /// The bytes of a file inside a .skyq file.
  /// - Throws: `WorkflowError.noFile`, `SkyqError`, `StorageError`.
  public func bytes(ofFile name: String) throws -> [UInt8] {
    guard let bytes = try SkyqFile(path: model).bytes(of: name) else {
      throw WorkflowError.noFile(model: model, name: name)
    }
    return bytes
  }

  /// The files inside a .skyq file by name, with their sizes; if `directory` is given, they are written into it.
  /// - Throws: `SkyqError`, `StorageError`; then nothing has the directory's name.
  public func files(into path: String? = nil) throws -> [(name: String, byteCount: Int)] {
    if let path { try requireOutput(path, keeping: [model]) }
    let opened = try SkyqFile(path: model)
    let files = try opened.names.map { (name: $0, bytes: try opened.bytes(of: $0) ?? []) }
    if let path {
      var directory = try StagedDirectory(
        path: path, overwriting: overwrites, permissions: OutputPermissions(from: [model]),
        byteCount: files.reduce(0) { $0 + $1.bytes.count }, largestFile: files.map(\.bytes.count).max() ?? 0)
      for (name, bytes) in files { try directory.write(bytes, to: name) }
      try directory.commit()
    }
    return files.map { ($0.name, $0.bytes.count) }
  }

  /// Writes the tensors `names` into a safetensors file: those of 16 or 32 bit as they are, int4 linears decoded to F32.
  /// - Returns: The tensors as the model stores them.
  /// - Throws: `WorkflowError.noTensor`, `SafetensorsError`, `StorageError`; then nothing has the file's name.
  public func tensors(_ names: [String], into path: String) throws -> [StoredTensor] {
    try requireOutput(path, keeping: [model])
    let opened = try ModelFile.open(model)
    let tensors = try names.map { name in
      guard let found = opened.tensors.first(where: { $0.name == name }) else {
        throw WorkflowError.noTensor(model: model, name: name)
      }
      return found
    }
    try TensorExtractor(tensors).write(to: path, overwriting: overwrites, permissions: opened.permissions)
    return tensors
  }

  /// Streams `<module>.weight`, F32 `[out, in]`, of every int4 linear into a safetensors file, one linear in memory at a
  /// time, for comparison with independent decoders.
  /// - Throws: as above.
  public func decodedLinears(into path: String) throws {
    let file = try ModelFile.open(model)
    try requireOutput(path, keeping: [model])
    let linears = file.tensors.filter { if case .quantized = $0.encoding { true } else { false } }
    try TensorExtractor(linears).write(to: path, overwriting: overwrites, permissions: file.permissions)
  }
}
