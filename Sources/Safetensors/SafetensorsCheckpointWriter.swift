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
  private var hasher: SHA256Hasher

  /// Writes the index, if the plan has more than one shard, and begins the first shard.
  /// - Throws: `StorageError`, `SafetensorsError.Reason`.
  public init(_ plan: ShardPlan, in directory: consuming StagedDirectory) throws {
    if let index = try plan.indexBytes() { try directory.write(index, to: ShardIndex.fileName) }
    writer = try SafetensorsWriter(plan.shards[0].plan, to: directory.create(plan.shards[0].fileName))
    hasher = SHA256Hasher()
    self.directory = directory
    self.plan = plan
    shardOfTensor = SafetensorsCheckpointWriter.shardOfTensor(plan)
  }

  /// Goes on after the first `tensorCount` tensors of `plan`, which an earlier run wrote into `directory`.
  /// - Parameter digest: What `dataDigest` was after them.
  /// - Throws: `StorageError.changedWhileReading` if they are not there any more, bit by bit.
  public init(
    _ plan: ShardPlan, continuing directory: consuming StagedDirectory, after tensorCount: Int, digest: SHA256Digest
  ) throws(StorageError) {
    let hasher = try SafetensorsCheckpointWriter.hasher(over: tensorCount, plan, in: directory)
    var (shard, left) = (0, tensorCount)
    while shard + 1 < plan.shards.count, left > plan.shards[shard].plan.tensors.count {
      left -= plan.shards[shard].plan.tensors.count
      shard += 1
    }
    for later in plan.shards[(shard + 1)...] { try directory.discard(later.fileName) }
    let current = plan.shards[shard]
    guard hasher.current == digest else { throw .changedWhileReading(path: current.fileName) }
    let sink = try directory.reopen(current.fileName, keeping: current.plan.end(of: left))
    writer = SafetensorsWriter(current.plan, continuing: sink, after: left)
    self.hasher = hasher
    self.directory = directory
    self.plan = plan
    self.shard = shard
    shardOfTensor = SafetensorsCheckpointWriter.shardOfTensor(plan)
  }

  /// SHA-256 of the data of all tensors written so far, one after the other.
  public var dataDigest: SHA256Digest { hasher.current }

  /// Brings what was written so far to the disk.
  /// - Throws: `StorageError`; must not be tried again then.
  public func synchronize() throws(StorageError) {
    try writer.withSink { sink throws(StorageError) in try sink.synchronize() }
    try directory.synchronize()
  }

  /// Has seen the data of the first `tensorCount` tensors of `plan`, as the files in `directory` have it now.
  private static func hasher(
    over tensorCount: Int, _ plan: ShardPlan, in directory: borrowing StagedDirectory
  ) throws(StorageError) -> SHA256Hasher {
    var hasher = SHA256Hasher()
    var left = tensorCount
    for shard in plan.shards where left > 0 {
      let count = min(left, shard.plan.tensors.count)
      let file = try directory.map(shard.fileName)
      let range = shard.plan.headerBytes.count..<shard.plan.end(of: count)
      guard range.upperBound <= file.byteCount else { throw .changedWhileReading(path: file.path) }
      file.withBytes { hasher.update($0.extracting(range)) }
      left -= count
    }
    return hasher
  }

  private static func shardOfTensor(_ plan: ShardPlan) -> [String: Int] {
    var shards: [String: Int] = [:]
    for (index, shard) in plan.shards.enumerated() {
      for info in shard.plan.tensors { shards[info.name] = index }
    }
    return shards
  }

  /// Appends to the tensor `name`, which must be the one whose turn it is. A finished shard is brought to the disk.
  /// - Throws: `StorageError`.
  public mutating func write(_ bytes: RawSpan, of name: String) throws(StorageError) {
    guard let target = shardOfTensor[name] else { preconditionFailure("not in the plan: \(name)") }
    while shard < target { try beginNextShard() }
    try writer.write(bytes, of: name)
    hasher.update(bytes)
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
