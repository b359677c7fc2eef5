// Who may read what a command makes.
import Glibc

/// The permissions of an output: group and others may read it only if they may read all that it is made from.
/// The user's umask takes away from them as usual.
public struct OutputPermissions: Sendable, Equatable {
  /// Those of an output that is made from nothing private.
  public static let everyone = OutputPermissions(group: true, others: true)

  private let group: Bool
  private let others: Bool

  private init(group: Bool, others: Bool) {
    self.group = group
    self.others = others
  }

  /// The permissions of an output made from the files and directories `sources`. What is not there says
  /// nothing.
  public init(from sources: [String]) {
    var readable: mode_t = 0o077
    for source in sources {
      var status = stat()
      guard unsafe stat(source, &status) == 0 else { continue }
      // The names in a directory are no use without leave to enter it.
      let mode = status.isDirectory ? status.st_mode & (status.st_mode << 2) : status.st_mode
      readable &= mode
    }
    self.init(group: readable & S_IRGRP != 0, others: readable & S_IROTH != 0)
  }

  /// Those of an output that is also made from what `other` is made from.
  public func intersection(_ other: OutputPermissions) -> OutputPermissions {
    OutputPermissions(group: group && other.group, others: others && other.others)
  }

  /// Of a file.
  var fileMode: mode_t { 0o600 | (group ? 0o040 : 0) | (others ? 0o004 : 0) }
  /// Of a directory.
  var directoryMode: mode_t { 0o700 | (group ? 0o050 : 0) | (others ? 0o005 : 0) }
}
