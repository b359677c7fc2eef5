// The weights of a model: one safetensors file, or the shards of an index.
public import Storage
public import Tensors

/// All tensors of a checkpoint, wherever they lie.
public struct SafetensorsCheckpoint: Sendable {
  /// What was opened: a file or a directory.
  public let path: String
  /// The files of the directory; nil if a single file was given.
  public let directory: DirectoryFiles?
  /// The shards by name; one for a checkpoint in one file.
  public let shards: [SafetensorsFile]
  /// What the checkpoint calls each shard, whatever a link leads to.
  public let shardNames: [String]
  /// Where each tensor lies.
  private let shardOfTensor: [String: Int]

  /// Opens the safetensors file or checkpoint directory `path`. Reads headers only.
  ///
  /// A directory holds either `model.safetensors.index.json` and the shards it names, or `model.safetensors`.
  /// Shards that the index does not name are not looked at.
  /// - Throws: `StorageError`, `SafetensorsError`.
  public init(path: String) throws { try self.init(path: path, orAny: false) }

  /// The same; a directory that is no checkpoint is all safetensors files in it, which share no index and perhaps names.
  /// - Throws: as above.
  public init(anyOf path: String) throws { try self.init(path: path, orAny: true) }

  private init(path: String, orAny: Bool) throws {
    try SafetensorsCheckpoint.refusePickle(path)
    if path.hasSuffix(".safetensors") {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      self.init(path: path, directory: nil, shards: [try SafetensorsFile(path: path)], names: [name])
      return
    }
    let directory = try DirectoryFiles(path: path), names = directory.names
    let loose = names.filter { $0.hasSuffix(".safetensors") }
    guard orAny, !names.contains(ShardIndex.fileName), !loose.contains(singleFileName), !loose.isEmpty else {
      try self.init(directory: directory)
      return
    }
    let shards = try loose.map { try SafetensorsFile(directory.map($0)) }
    self.init(path: path, directory: directory, shards: shards, names: loose)
  }

  /// Opens the checkpoint in `directory`. Reads headers only.
  /// - Throws: `StorageError`, `SafetensorsError`.
  public init(directory: DirectoryFiles) throws {
    let path = directory.path
    guard let bytes = try directory.bytes(of: ShardIndex.fileName, limit: ShardIndex.maximumByteCount) else {
      let shards = [try SafetensorsCheckpoint.openSingleFile(directory)]
      self.init(path: path, directory: directory, shards: shards, names: [singleFileName])
      return
    }
    let index = try SafetensorsCheckpoint.parseIndex(bytes, path: path)
    if directory.names.contains(singleFileName), !index.shards.contains(singleFileName) {
      throw SafetensorsError(path: path, reason: .checkpoint(.ambiguousWeights))
    }
    let missing = try index.shards.filter { try !directory.exists($0) }
    guard missing.isEmpty else {
      let fault = SafetensorsError.CheckpointFault.missingShards(
        names: Array(missing.prefix(5)), count: missing.count, of: index.shards.count)
      throw SafetensorsError(path: path, reason: .checkpoint(fault))
    }
    let shards = try index.shards.map { try SafetensorsFile(directory.map($0)) }
    try SafetensorsCheckpoint.compare(index, with: shards)
    self.init(path: path, directory: directory, shards: shards, names: index.shards)
  }

  private init(path: String, directory: DirectoryFiles?, shards: [SafetensorsFile], names: [String]) {
    self.path = path
    self.directory = directory
    self.shards = shards
    shardNames = names
    var shardOfTensor: [String: Int] = [:]
    for (index, shard) in shards.enumerated() {
      for entry in shard.header.entries { shardOfTensor[entry.info.name] = index }
    }
    self.shardOfTensor = shardOfTensor
  }

  /// Name, dtype and shape of all tensors, shard by shard, in the order of their data.
  public var tensors: [TensorInfo] { shards.flatMap(\.tensors) }

  public func contains(_ name: String) -> Bool { shardOfTensor[name] != nil }

  /// Name, dtype and shape of the tensor `name`.
  public func info(_ name: String) -> TensorInfo? { shard(of: name)?.header[name]?.info }

  /// The shard that holds the tensor `name`.
  public func shard(of name: String) -> SafetensorsFile? { shardOfTensor[name].map { shards[$0] } }

  /// The tensor `name`, not copied.
  /// - Throws: `SafetensorsError` if there is none.
  public func view(_ name: String) throws(SafetensorsError) -> TensorView {
    guard let shard = shard(of: name) else {
      throw SafetensorsError(path: path, reason: .checkpoint(.noSuchTensor(name)))
    }
    return try shard.tensor(name)
  }
}

/// The weights of a checkpoint that is not sharded.
let singleFileName = "model.safetensors"

extension SafetensorsCheckpoint {
  private static func parseIndex(_ bytes: [UInt8], path: String) throws(SafetensorsError) -> ShardIndex {
    do throws(SafetensorsError.Reason) {
      return try ShardIndex(parsing: unsafe bytes.span.bytes)
    } catch {
      throw SafetensorsError(path: path + "/" + ShardIndex.fileName, reason: error)
    }
  }

  private static func openSingleFile(_ directory: DirectoryFiles) throws -> SafetensorsFile {
    guard directory.names.contains(singleFileName) else {
      throw SafetensorsError(path: directory.path, reason: .checkpoint(absence(in: directory.names)))
    }
    return try SafetensorsFile(directory.map(singleFileName))
  }

  /// What a directory of `names` has instead of an index or a single file.
  private static func absence(in names: [String]) -> SafetensorsError.CheckpointFault {
    if let adapter = names.first(where: { $0 == "adapter_model.safetensors" }) { return .adapter(name: adapter) }
    let shards = names.filter { $0.contains(/-[0-9]+-of-[0-9]+\.safetensors$/) }
    if let first = shards.first { return .noIndex(first: first, count: shards.count) }
    return names.first(where: isPickle).map { .pickle(name: $0) } ?? .noWeights
  }

  /// Checks that `path` is not the name of a pickle file.
  /// - Throws: `SafetensorsError` with the reason `pickle`.
  public static func refusePickle(_ path: String) throws(SafetensorsError) {
    if isPickle(path) { throw SafetensorsError(path: path, reason: .checkpoint(.pickle(name: path))) }
  }

  /// Judged by the name alone: the file is not opened.
  private static func isPickle(_ name: String) -> Bool {
    [".bin", ".pt", ".pth", ".ckpt", ".pkl"].contains { name.hasSuffix($0) }
  }

  /// Checks that every shard holds what the index places there, and nothing else.
  private static func compare(_ index: ShardIndex, with shards: [SafetensorsFile]) throws(SafetensorsError) {
    let tensorsByShard = Dictionary(grouping: index.weightMap.keys) { index.weightMap[$0] ?? "" }
    for (name, shard) in zip(index.shards, shards) {
      let missing = (tensorsByShard[name] ?? []).filter { shard.header[$0] == nil }
      guard missing.isEmpty else {
        let names = missing.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let fault = SafetensorsError.CheckpointFault.missingFromShard(names: Array(names.prefix(5)), count: names.count)
        throw SafetensorsError(path: shard.path, reason: .checkpoint(fault))
      }
      let unlisted = shard.tensors.map(\.name).filter { index.weightMap[$0] != name }
      guard unlisted.isEmpty else {
        let fault = SafetensorsError.CheckpointFault.notInIndex(names: Array(unlisted.prefix(5)), count: unlisted.count)
        throw SafetensorsError(path: shard.path, reason: .checkpoint(fault))
      }
    }
  }
}
