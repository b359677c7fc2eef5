// What tells a model's content from another's, whatever it is called and wherever it lies.
internal import Skyq
internal import Storage

extension ModelFile {
  /// 64 hexadecimal digits: the content id of a .skyq file. Of a directory, which is read for it, SHA-256 of a line for
  /// each file of weights and each file of settings or code: name, bytes, SHA-256.
  ///
  /// A checkpoint and the .skyq file that was packed from it have different ones.
  /// - Parameter onBytes: Called with the number of bytes of weights read and of all; what it throws ends the reading.
  /// - Throws: what reading the files throws, and what `onBytes` throws.
  public func contentID(onBytes: (Int, Int) throws -> Void = { _, _ in }) throws -> String {
    if let skyqHeader { return skyqHeader.contentID }
    var lines = try audited(onBytes: onBytes).digests.map { "\($0.name) \($0.byteCount) \($0.sha256)" }
    for name in carried.names where FileRole(name).decidesAnswers {
      guard let bytes = try files.bytes(of: name) else { continue }
      lines.append("\(name) \(bytes.count) \(SHA256Hasher.hash(bytes))")
    }
    return SHA256Hasher.hash(Array(lines.joined(separator: "\n").utf8)).description
  }
}

extension FileRole {
  /// Whether what a model says may depend on such a file.
  fileprivate var decidesAnswers: Bool { self == .settings || self == .code }
}
