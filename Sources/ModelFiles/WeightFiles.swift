// Tensors on a disk and the files that they lie in, whether a model can be made of them or not.
internal import Storage

/// Tensors and the mapped files that hold them.
public struct WeightFiles: Sendable {
  /// All tensors in the order they are stored.
  public let tensors: [StoredTensor]
  /// The files.
  let shards: [MappedFile]
  /// What the checkpoint calls each of them: in the Hugging Face cache their paths are those of blobs.
  let shardNames: [String]

  /// How many files there are.
  public var count: Int { shards.count }

  /// What these are called on the disk: in the Hugging Face cache, by their SHA-256.
  public var diskNames: [String] { shards.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path } }

  /// Bytes of all tensors, as stored.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// Gives back the memory of all that was read; it can still be read again.
  public func releasePages() {
    for tensor in tensors { tensor.release() }
  }
}
