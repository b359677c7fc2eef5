// Where the Hugging Face hub's own tools keep what they have downloaded:
//
//   HUB/models--OWNER--NAME/refs/main                the revision that is current
//   HUB/models--OWNER--NAME/snapshots/REVISION/FILE  links to ../../blobs/DIGEST
//
// HUB is $HF_HUB_CACHE, $HF_HOME/hub or ~/.cache/huggingface/hub.
import Glibc

/// The cache of the Hugging Face hub.
public enum HubCache {
  /// The directory or file that `path` means: the current snapshot of a repository's directory in the cache, else `path`.
  /// - Throws: `StorageError.noSnapshot` for such a directory without a snapshot that could be taken, `hubName` for what is
  ///   no file but may be the name of a repository.
  public static func resolved(_ path: String) throws(StorageError) -> String {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    if lastComponent(path).hasPrefix(prefix), let names = names(in: path + "/snapshots") {
      return try snapshot(of: path, among: names)
    }
    let owner = path.prefix { $0 != "/" }
    guard isRepositoryName(path), !exists(path), !exists(String(owner)) else { return path }
    throw .hubName(path, cached: cached(path))
  }

  private static let prefix = "models--"

  private static func snapshot(of repository: String, among names: [String]) throws(StorageError) -> String {
    let main = (try? readFile(repository + "/refs/main", limit: 200)).map { String(decoding: $0, as: UTF8.self) }
    if let revision = main?.filter({ !$0.isWhitespace }), names.contains(revision) {
      return repository + "/snapshots/" + revision
    }
    guard names.count == 1 else { throw .noSnapshot(path: repository, names: names) }
    return repository + "/snapshots/" + names[0]
  }

  /// The snapshot of the repository `name` that is in the cache.
  private static func cached(_ name: String) -> String? {
    guard let hub = directory else { return nil }
    let repository = hub + "/" + prefix + name.split(separator: "/").joined(separator: "--")
    guard let snapshots = names(in: repository + "/snapshots") else { return nil }
    return try? snapshot(of: repository, among: snapshots)
  }

  private static var directory: String? {
    if let hub = variable("HF_HUB_CACHE") { return hub }
    if let home = variable("HF_HOME") { return home + "/hub" }
    return (variable("XDG_CACHE_HOME") ?? variable("HOME").map { $0 + "/.cache" }).map { $0 + "/huggingface/hub" }
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// `OWNER/NAME`, of the characters that the hub allows.
  public static func isRepositoryName(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        (1...96).contains(part.utf8.count) && part.first != "." && part.first != "-"
          && part.utf8.allSatisfy { byte in
            byte < 0x80
              && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || "-_.".utf8.contains(byte))
          }
      } && ![".skyq", ".safetensors", ".bin", ".gguf", ".json"].contains { path.hasSuffix($0) }
  }

  private static func lastComponent(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

  private static func exists(_ path: String) -> Bool { OutputPath.status(path) != nil }

  /// The directories in `path`, sorted; nil if it is no directory.
  private static func names(in path: String) -> [String]? { (try? DirectoryFiles(path: path))?.directoryNames }
}
