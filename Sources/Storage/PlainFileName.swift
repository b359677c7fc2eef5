// The rule for file names that stand inside other files, such as the shards of an index.

/// Checks that `name` names a file in a directory and nothing else: 1…255 bytes, no `/`, `\` or control character,
/// and neither `.` nor `..`.
/// - Throws: `StorageError.notAPlainFileName`.
public func requirePlainFileName(_ name: String) throws(StorageError) {
  let isPlain =
    (1...255).contains(name.utf8.count) && name != "." && name != ".."
    && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }
  guard isPlain else { throw .notAPlainFileName(name) }
}
