// Which bytes a result was made from.
public import JSON
public import Storage
internal import Tensors

/// One file that was read, by its content.
public struct SourceDigest: Sendable, Equatable {
  /// What the checkpoint calls it, without a directory.
  public let name: String
  /// Its size.
  public let byteCount: Int
  /// SHA-256 of all its bytes.
  public let sha256: SHA256Digest

  /// For provenance.
  public var json: JSONValue {
    ["name": .string(name), "bytes": .integer(byteCount), "sha256": .string(sha256.description)]
  }

  /// A file of `byteCount` bytes.
  public init(name: String, byteCount: Int, sha256: SHA256Digest) {
    self.name = name
    self.byteCount = byteCount
    self.sha256 = sha256
  }

  /// What `json` gave; nil for anything else.
  public init?(_ json: JSONValue) {
    guard let name = json["name"]?.stringValue, let byteCount = json["bytes"]?.intValue,
      let digest = json["sha256"]?.stringValue.flatMap(SHA256Digest.init(hexadecimal:))
    else { return nil }
    self.init(name: name, byteCount: byteCount, sha256: digest)
  }
}

extension ModelFile {
  /// The files of weights as `audited()` lists them, but unread: with digests of zeros.
  public var unreadSources: [SourceDigest] {
    zip(stored.shardNames, stored.shards).map {
      SourceDigest(name: $0, byteCount: $1.byteCount, sha256: SHA256Digest())
    }
  }

  /// Checks that no file of weights was changed or replaced since it was opened. One that was touched, even if its size
  /// and times say otherwise, is hashed again.
  /// - Parameter recorded: What `audited()` found.
  /// - Throws: `StorageError.changedWhileReading`, `ModelFilesError.changedSource`.
  public func requireUnchanged(_ recorded: [SourceDigest]) throws {
    for (shard, digest) in zip(stored.shards, recorded) where try shard.wasTouched() {
      guard shard.digest(named: digest.name) == digest else {
        throw ModelFilesError.changedSource(path: path, name: digest.name)
      }
    }
  }

  /// Checks that the files of weights are those that an earlier run read.
  /// - Throws: `ModelFilesError.changedSource`.
  public func require(_ recorded: [SourceDigest], found: [SourceDigest]) throws(ModelFilesError) {
    for (before, now) in zip(recorded, found) where before != now {
      throw .changedSource(path: path, name: now.name)
    }
    guard recorded.count == found.count else { throw .changedSource(path: path, name: "model.safetensors.index.json") }
  }
}
