// A directory for one test.
import Foundation

/// An empty directory that is removed with everything in it when the object goes away.
public final class TemporaryDirectory {
  /// Its path, without a slash at the end.
  public let path: String

  /// Creates the directory.
  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("skyquant-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` inside.
  public func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file and returns its path. Directories in `name` are created.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    let url = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// Writes a text file and returns its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

  /// Names in the directory, hidden ones too, sorted.
  public func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}
