// What is looked at before a command works for hours: that its outputs' names, wherever they really lead,
// take nothing it reads, nor each other's.
import Glibc

/// Checks that neither the output `path` nor the work folder beside it could be, hold or be part of what the
/// command works on, whatever `--force` allows.
/// - Parameters:
///   - inputs: Files, and directories with their files, that must stay as they are. Links are followed; what
///     does not exist
///     yet counts by its name.
///   - others: The command's other outputs.
/// - Throws: `StorageError.cannotCreate` if `path` is no name for a file or directory, `replacesInput` if it
///   or its work folder is one of `inputs`, a directory that holds one, or a file in one; or if it shares a
///   place with one of `others`.
public func requireOutput(
  _ path: String, keeping inputs: [String], besides others: [String] = []
) throws(StorageError) {
  let output = OutputPath(path)
  try output.requireName()
  for place in output.places {
    for input in inputs {
      guard let kept = OutputPath(input).resolved else { continue }
      let isFileInside = place.isInside(kept) && OutputPath.status(place)?.isDirectory == false
      if kept == place || kept.isInside(place) || isFileInside {
        throw .replacesInput(path: output.final, input: input)
      }
    }
    for other in others {
      for taken in OutputPath(other).places where taken == place || taken.isInside(place) || place.isInside(taken) {
        throw .replacesInput(path: output.final, input: other)
      }
    }
  }
}

extension OutputPath {
  /// The final name and that of the work folder, without links and dots; none if the parent is missing, which
  /// creating the output says.
  fileprivate var places: [String] { [resolved, OutputPath(work).resolved].compactMap(\.self) }

  /// The final name without links and dots; nil if not even the parent exists.
  fileprivate var resolved: String? {
    if let path = resolvedPath(final) { return path }
    return resolvedPath(parent).map { $0 == "/" ? "/" + name : $0 + "/" + name }
  }
}

extension String {
  fileprivate func isInside(_ directory: String) -> Bool { hasPrefix(directory + "/") }
}

/// The absolute path without links and dots; nil if there is nothing of this name.
public func resolvedPath(_ path: String) -> String? {
  guard let pointer = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(pointer) }
  return unsafe String(cString: pointer)
}
