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
  /// Where the files are made.
  public private(set) var directory: StagedDirectory
  private let plan: ShardPlan
  private let shardOfTensor: [String: Int]
  /// Index of the shard that `writer` writes.
  private var shard = 0
  private var writer: SafetensorsWriter<FileWriter>
  /// Has seen that shard from its beginning.
  private var hasher: SHA256Hasher
  private var finishedDigests: [SHA256Digest] = []

  /// Writes the index, if the plan has more than one shard, and begins the first shard.
  /// - Throws: `StorageError`, `SafetensorsError.Reason`.
  public init(_ plan: ShardPlan, in directory: consuming StagedDirectory) throws {
    var directory = directory
    if let index = try plan.indexBytes() { try directory.write(index, to: ShardIndex.fileName) }
    writer = try SafetensorsWriter(plan.shards[0].plan, to: directory.create(plan.shards[0].fileName))
    hasher = SHA256Hasher()
    hasher.update(plan.shards[0].plan.headerBytes)
    self.directory = directory
    self.plan = plan
    shardOfTensor = SafetensorsCheckpointWriter.shardOfTensor(plan)
  }

  /// Goes on after the first `tensorCount` tensors of `plan`, which a stopped run wrote into `directory`.
  /// - Parameter digests: What `writtenDigests` were after them.
  /// - Throws: `StorageError.altered` if they, their headers or the index are not there any more, bit by bit.
  public init(
    _ plan: ShardPlan, continuing directory: consuming StagedDirectory, after tensorCount: Int,
    digests: [SHA256Digest]
  ) throws {
    var directory = directory
    try SafetensorsCheckpointWriter.requireIndex(of: plan, in: &directory)
    let (shard, left) = SafetensorsCheckpointWriter.place(of: tensorCount, in: plan)
    let current = plan.shards[shard]
    guard digests.count == shard + 1 else {
      throw StorageError.altered(path: directory.folder.statePath)
    }
    for (finished, digest) in zip(plan.shards[..<shard], digests) {
      _ = try SafetensorsCheckpointWriter.proven(finished, to: nil, digest, in: &directory)
    }
    let hasher = try SafetensorsCheckpointWriter.proven(
      current, to: current.plan.end(of: left), digests[shard], in: &directory)
    let sink = try directory.reopen(current.fileName, keeping: current.plan.end(of: left))
    for later in plan.shards[(shard + 1)...] { try directory.discard(later.fileName) }
    writer = SafetensorsWriter(current.plan, continuing: sink, after: left)
    self.hasher = hasher
    finishedDigests = digests.dropLast()
    self.directory = directory
    self.plan = plan
    self.shard = shard
    shardOfTensor = SafetensorsCheckpointWriter.shardOfTensor(plan)
  }

  /// SHA-256 of each shard begun, of the last one as far as it is written.
  public var writtenDigests: [SHA256Digest] { finishedDigests + [hasher.current] }

  /// Brings what was written so far to the disk.
  /// - Throws: `StorageError`; must not be tried again then.
  public func synchronize() throws(StorageError) {
    try writer.withSink { sink throws(StorageError) in try sink.synchronize() }
    try directory.synchronize()
  }

  /// The shard in which the first `tensorCount` tensors end, and how many of them lie in it.
  private static func place(of tensorCount: Int, in plan: ShardPlan) -> (shard: Int, tensors: Int) {
    var (shard, left) = (0, tensorCount)
    while shard + 1 < plan.shards.count, left > plan.shards[shard].plan.tensors.count {
      left -= plan.shards[shard].plan.tensors.count
      shard += 1
    }
    return (shard, left)
  }

  /// Checks that the index is the plan's.
  private static func requireIndex(
    of plan: ShardPlan, in directory: inout StagedDirectory
  ) throws {
    guard let index = try plan.indexBytes() else { return }
    let file = try directory.keep(ShardIndex.fileName)
    guard file.withBytes({ SHA256Hasher.hash($0) }) == SHA256Hasher.hash(index) else {
      throw StorageError.altered(path: file.path)
    }
  }

  /// Has seen the first `byteCount` bytes of a shard, or all if it is finished: they must be as many as planned, begin
  /// with the plan's header and have this digest.
  private static func proven(
    _ shard: ShardPlan.Shard, to byteCount: Int?, _ digest: SHA256Digest, in directory: inout StagedDirectory
  ) throws(StorageError) -> SHA256Hasher {
    var hasher = SHA256Hasher()
    let file = try directory.keep(shard.fileName)
    let end = byteCount ?? shard.plan.fileByteCount
    guard byteCount == nil ? file.byteCount == end : file.byteCount >= end,
      file.withBytes({ shard.plan.isHeader(of: $0) })
    else { throw .altered(path: file.path) }
    file.withBytes { hasher.update($0.extracting(0..<end)) }
    guard hasher.current == digest else { throw .altered(path: file.path) }
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
    finishedDigests.append(exchange(&hasher, with: SHA256Hasher()).finalize())
    hasher.update(next.plan.headerBytes)
    try finished.finish().synchronize()
  }
}
