// Which bytes a result was made from.
public import JSON
internal import Kernels
public import Storage
internal import Tensors

/// One file of weights, by its content.
public struct SourceDigest: Sendable, Equatable {
  /// The name without its directory.
  public let name: String
  /// Its size.
  public let byteCount: Int
  /// SHA-256 of all its bytes.
  public let sha256: SHA256Digest

  /// For provenance.
  public var json: JSONValue {
    ["name": .string(name), "bytes": .integer(byteCount), "sha256": .string(sha256.description)]
  }

  init(name: String, byteCount: Int, sha256: SHA256Digest) {
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
  /// Bytes hashed before their memory is given back.
  private static let hashedChunk = 64 << 20

  /// The files of weights with their digests, in the order of the shards. Reads all of them, several at once.
  public func sourceDigests() -> [SourceDigest] {
    Parallel.map(shards.count) { index in
      let shard = shards[index]
      var hasher = SHA256Hasher()
      for start in stride(from: 0, to: shard.byteCount, by: Self.hashedChunk) {
        let range = start..<min(start + Self.hashedChunk, shard.byteCount)
        shard.withBytes { hasher.update($0.extracting(range)) }
        shard.release(range)
      }
      let name = shard.path.split(separator: "/").last.map(String.init) ?? shard.path
      return SourceDigest(name: name, byteCount: shard.byteCount, sha256: hasher.finalize())
    }
  }

  /// Checks that no file of weights was changed or replaced since it was opened.
  /// - Throws: `StorageError.changedWhileReading`.
  public func requireUnchanged() throws(StorageError) {
    for shard in shards { try shard.requireUnchanged() }
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
