// What `skyquant check` finds in a checkpoint directory, whose format carries no digests.
import JSON
import ModelFiles
import Storage
import Tensors

/// A look at a checkpoint directory.
struct CheckpointCheck {
  /// Files of weights.
  let parts: Int
  /// Bytes read of them; headers are not counted.
  let byteCount: Int
  /// One line each.
  let problems: [String]
  /// SHA-256 of the files of weights; empty unless everything was read.
  let digests: [SourceDigest]

  /// Opens the directory `path`, which checks headers, sizes and the shard index; if `full`, also reads all weights.
  ///
  /// The Hugging Face cache names a file of weights by its SHA-256, and such a name must be true.
  /// - Throws: for the first fault of headers and index, like every command.
  init(path: String, full: Bool) throws {
    let model = try ModelFile.open(path)
    parts = model.weightFileCount
    guard full else {
      (byteCount, problems, digests) = (0, [], [])
      return
    }
    let audit = model.audited()
    digests = audit.digests
    byteCount = digests.reduce(0) { $0 + $1.byteCount }
    let misnamed = digests.filter { file in
      SHA256Digest(hexadecimal: file.name).map { $0 != file.sha256 } ?? false
    }
    problems =
      misnamed.map { "\(path.displayed): blob \($0.name) has the SHA-256 \($0.sha256); download it again" }
      + audit.findings.filter(\.isDamage).map(\.description)
  }
}
