// What a stopped `quantize` needs to go on: the state in the work folder of the unfinished directory, a
// safetensors file that is replaced as a whole after a layer. Formats/awq-checkpoint.md says what is in it.
public import JSON
internal import Kernels
internal import Safetensors
public import Storage
public import Tensors

/// How far a run was when it last secured its work.
public struct ResumePoint: Sendable {
  /// Everything that decides the result but the weights.
  public var recipe: JSONValue
  /// The files that the weights come from.
  public var sources: [SourceDigest]
  /// Decoder layers that are finished.
  public var layerCount: Int
  /// What the caller wants to have back.
  public var notes: JSONValue
  /// What the caller needs to compute the next layer.
  public var tensors: ResumeTensors

  private static let headKey = "skyquant.resume/2"

  /// A point after `layerCount` layers.
  public init(
    recipe: JSONValue, sources: [SourceDigest], layerCount: Int, notes: JSONValue,
    tensors: ResumeTensors
  ) {
    self.recipe = recipe
    self.sources = sources
    self.layerCount = layerCount
    self.notes = notes
    self.tensors = tensors
  }

  /// The point in a resumed folder, and the digests of the shards written until then; nil if it tells of
  /// a directory that has got its name already.
  /// - Throws: `StorageError`, among them `altered` for a file that is not what was written, bit by bit;
  ///   `SafetensorsError`.
  public static func read(
    from folder: borrowing WorkFolder
  ) throws -> (point: ResumePoint, shardDigests: [SHA256Digest])? {
    let path = folder.statePath
    let file = try SafetensorsFile(path: path)
    guard SealedHeader.isIntact(file.mapping, seal: file.header.metadata[SealedHeader.key]),
      let text = file.header.metadata[headKey], let head = try? JSONValue(parsing: Array(text.utf8)),
      let recipe = head["recipe"], let notes = head["notes"], let layerCount = head["layers"]?.intValue,
      let digests = head["shards"]?.arrayValue?.compactMap({ $0.stringValue.flatMap(SHA256Digest.init(hexadecimal:)) }),
      let sources = head["sources"]?.arrayValue?.compactMap(SourceDigest.init),
      let identity = head["directory"]?.stringValue.flatMap({ UInt($0) }), head["run"]?.stringValue == folder.runID
    else { throw StorageError.altered(path: path) }
    guard folder.holdsDirectory(of: identity) else { return nil }
    let infos = file.tensors
    let tensors = ResumeTensors(infos.map { ($0.name, $0.shape) }) { index in
      let view = try file.tensor(infos[index].name)
      defer { view.release() }
      return Tensor(shape: infos[index].shape, values: try view.floats())
    }
    let point = ResumePoint(
      recipe: recipe, sources: sources, layerCount: layerCount, notes: notes, tensors: tensors)
    return (point, digests)
  }

  /// Replaces the point in `folder` in one step.
  func write(in folder: borrowing WorkFolder, shardDigests: [SHA256Digest]) throws {
    let head: JSONValue = [
      "recipe": recipe, "sources": .array(sources.map(\.json)), "layers": .integer(layerCount),
      "shards": .array(shardDigests.map { .string($0.description) }), "notes": notes, "run": .string(folder.runID),
      "directory": .string("\(folder.directoryIdentity)"),
    ]
    let infos = tensors.list.map { TensorInfo(name: $0.name, dtype: .float32, shape: $0.shape) }
    let metadata = [Self.headKey: String(decoding: try head.serialized(.compact), as: UTF8.self)]
    let header: [UInt8]
    do {
      header = try SealedHeader.bytes(infos, metadata) { hasher in
        for index in infos.indices {
          let values = try tensors[index].values
          unsafe hasher.update(values.span.bytes)
        }
      }
    } catch let reason as SafetensorsError.Reason {
      throw SafetensorsError(path: folder.statePath, reason: reason)
    }
    try folder.replaceState { file in
      try file.append(header)
      for index in infos.indices {
        let values = try tensors[index].values
        try file.append(unsafe values.span.bytes)
      }
    }
  }
}

/// Tensors that are read one after the other, so that no more than one has to be in memory.
public struct ResumeTensors: Sendable {
  /// Names and shapes.
  public let list: [(name: String, shape: Shape)]
  private let read: @Sendable (Int) throws -> Tensor

  /// Tensors of these names and shapes.
  /// - Parameter read: Gives the values by the place in the list.
  public init(_ list: [(name: String, shape: Shape)], read: @escaping @Sendable (Int) throws -> Tensor) {
    self.list = list
    self.read = read
  }

  /// The tensor at a place of the list.
  /// - Throws: why it cannot be read.
  public subscript(index: Int) -> Tensor {
    get throws { try read(index) }
  }
}
