// What a stopped `quantize` needs to go on: a safetensors file beside the unfinished directory, replaced as a whole
// after a layer. Formats/awq-checkpoint.md says what is in it.
public import JSON
internal import Kernels
internal import Safetensors
public import Storage
public import Tensors

/// How far a run was when it last secured its work.
public struct QuantizationCheckpoint: Sendable {
  /// Digest of everything that decides the result but the weights.
  public var recipe: String
  /// The files that the weights come from.
  public var sources: [SourceDigest]
  /// Decoder layers that are finished.
  public var layerCount: Int
  /// What the caller wants to have back.
  public var notes: JSONValue
  /// What the caller needs to compute the next layer, by name.
  public var tensors: [(name: String, tensor: Tensor)]

  static let metadataKey = "skyquant.resume/1"

  /// A checkpoint after `layerCount` layers.
  public init(
    recipe: String, sources: [SourceDigest], layerCount: Int, notes: JSONValue,
    tensors: [(name: String, tensor: Tensor)]
  ) {
    self.recipe = recipe
    self.sources = sources
    self.layerCount = layerCount
    self.notes = notes
    self.tensors = tensors
  }

  /// The checkpoint of the unfinished directory `path`, and the digest of the data written until then; nil if there is
  /// none, or the directory is not there any more.
  /// - Throws: `StorageError`, `SafetensorsError`, or `ModelFilesError` for a file that is no checkpoint.
  public static func read(for path: String) throws -> (checkpoint: QuantizationCheckpoint, dataDigest: SHA256Digest)? {
    let name = StagedDirectory.resumeFile(of: path)
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(path: name)
    } catch StorageError.missing {
      return nil
    }
    guard let text = file.header.metadata[metadataKey], let head = try? JSONValue(parsing: Array(text.utf8)),
      let recipe = head["recipe"]?.stringValue, let layerCount = head["layers"]?.intValue, layerCount > 0,
      let digest = head["data_sha256"]?.stringValue.flatMap(SHA256Digest.init(hexadecimal:)), let notes = head["notes"],
      let sources = head["sources"]?.arrayValue
    else { throw ModelFilesError.notAModel(path: name, reason: "this is not what a stopped run leaves; use --force") }
    guard let directory = StagedDirectory.unfinishedIdentity(of: path),
      head["directory"]?.stringValue == String(directory)
    else { return nil }
    let tensors = try file.tensors.map { info in
      (name: info.name, tensor: Tensor(shape: info.shape, values: try file.tensor(info.name).floats()))
    }
    let checkpoint = QuantizationCheckpoint(
      recipe: recipe, sources: sources.compactMap(SourceDigest.init), layerCount: layerCount, notes: notes,
      tensors: tensors)
    return (checkpoint, digest)
  }

  /// Replaces the checkpoint of the unfinished directory `path` in one step.
  func write(for path: String, dataDigest: SHA256Digest) throws {
    let head: JSONValue = [
      "recipe": .string(recipe), "sources": .array(sources.map(\.json)), "layers": .integer(layerCount),
      "data_sha256": .string(dataDigest.description), "notes": notes,
      "directory": .string(StagedDirectory.unfinishedIdentity(of: path).map(String.init) ?? ""),
    ]
    let infos = tensors.map { TensorInfo(name: $0.name, dtype: .float32, shape: $0.tensor.shape) }
    let name = StagedDirectory.resumeFile(of: path)
    let plan: SafetensorsPlan
    do throws(SafetensorsError.Reason) {
      let text = String(decoding: (try? head.serialized(.compact)) ?? [], as: UTF8.self)
      plan = try SafetensorsPlan(tensors: infos, metadata: [Self.metadataKey: text])
    } catch {
      throw SafetensorsError(path: name, reason: error)
    }
    var writer = try SafetensorsWriter(plan, to: AtomicFileWriter(path: name, overwriting: true))
    for (name, tensor) in tensors { try writer.write(unsafe tensor.values.span.bytes, of: name) }
    try writer.finish().commit()
  }
}
