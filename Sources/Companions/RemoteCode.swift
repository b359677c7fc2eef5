// Python files beside the weights, which loaders run when they are told to trust them.
internal import Storage

/// The code of a model, as `modeling_internvl_chat.py`.
enum RemoteCode {
  /// Files of code that the reference does not have, or has with other bytes. Code that only the reference has does
  /// nothing to this model: transformers' own layouts need none.
  /// - Throws: what reading throws.
  static func differences(
    of own: any NamedFiles, from reference: any NamedFiles
  ) throws -> [CompanionDifference] {
    try own.names.filter { $0.hasSuffix(".py") }.compactMap { name in
      let (mine, theirs) = (try own.bytes(of: name), try reference.bytes(of: name))
      guard let mine, mine != theirs else { return nil }
      return CompanionDifference(
        file: name, setting: "code", reference: theirs.map(named) ?? "nothing", own: named(mine))
    }
  }

  private static func named(_ bytes: [UInt8]) -> String { "SHA-256 \(SHA256Hasher.hash(bytes))" }
}
