// Writes the shards of a plan and their index into a directory that is being staged.
public import Storage
import Tensors

/// Streams tensors, in the order of a shard plan, into its files.
///
/// ```swift
/// var writer = try SafetensorsCheckpointWriter(plan, in: StagedDirectory(path: "out"))
/// for info in infos { try writer.write(bytes(of: info), of: info.name) }
/// let directory = try writer.finish()
/// try directory.write(config, to: "config.json")
/// try directory.commit()
/// ```
public struct SafetensorsCheckpointWriter: ~Copyable {
  private let directory: StagedDirectory
  private let plan: ShardPlan
  private let shardOfTensor: [String: Int]
  /// Index of the shard that `writer` writes.
  private var shard = 0
  private var writer: SafetensorsWriter<FileWriter>

  /// Writes the index, if the plan has more than one shard, and begins the first shard.
  /// - Throws: `StorageError`, `SafetensorsError.Reason`.
  public init(_ plan: ShardPlan, in directory: consuming StagedDirectory) throws {
    if let index = try plan.indexBytes() { try directory.write(index, to: ShardIndex.fileName) }
    writer = try SafetensorsWriter(plan.shards[0].plan, to: directory.create(plan.shards[0].fileName))
    self.directory = directory
    self.plan = plan
    var shardOfTensor: [String: Int] = [:]
    for (index, shard) in plan.shards.enumerated() {
      for info in shard.plan.tensors { shardOfTensor[info.name] = index }
    }
    self.shardOfTensor = shardOfTensor
  }

  /// Appends to the tensor `name`, which must be the one whose turn it is. A finished shard is brought to the disk.
  /// - Throws: `StorageError`.
  public mutating func write(_ bytes: RawSpan, of name: String) throws(StorageError) {
    guard let target = shardOfTensor[name] else { preconditionFailure("not in the plan: \(name)") }
    while shard < target { try beginNextShard() }
    try writer.write(bytes, of: name)
  }

  /// Appends to the tensor `name`, which must be the one whose turn it is.
  /// - Throws: `StorageError`.
  public mutating func write(_ bytes: [UInt8], of name: String) throws(StorageError) {
    try write(unsafe bytes.span.bytes, of: name)
  }

  /// Brings the last shard to the disk and gives back the directory, which the caller commits. All tensors must have
  /// been written.
  /// - Throws: `StorageError`.
  public consuming func finish() throws(StorageError) -> StagedDirectory {
    while shard + 1 < plan.shards.count { try beginNextShard() }
    try writer.finish().synchronize()
    return directory
  }

  private mutating func beginNextShard() throws(StorageError) {
    shard += 1
    let next = plan.shards[shard]
    let finished = exchange(&writer, with: try SafetensorsWriter(next.plan, to: directory.create(next.fileName)))
    try finished.finish().synchronize()
  }
}
