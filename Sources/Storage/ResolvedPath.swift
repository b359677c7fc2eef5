// Where a path really leads.
import Glibc

/// The absolute path without links and dots; nil if there is nothing of this name.
public func resolvedPath(_ path: String) -> String? {
  guard let pointer = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(pointer) }
  return unsafe String(cString: pointer)
}
