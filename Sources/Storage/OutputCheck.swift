// What is looked at before a command works for hours: that its output's name is one, and takes nothing it reads.
import Glibc
import Tensors

/// Checks that something may be written to `path`, and that `--force` could not replace what the command works on.
/// - Parameter inputs: Files, and directories with their files, that must stay as they are. Links are followed; what does
///   not exist yet counts by its name.
/// - Throws: `StorageError.cannotCreate` if `path` is no name for a file or directory, `replacesInput` if it is one of
///   `inputs`, a directory that holds one, or a file in one.
public func requireOutput(_ path: String, keeping inputs: [String]) throws(StorageError) {
  let output = OutputPath(path)
  guard !["", ".", "..", "/"].contains(output.name) else {
    throw .cannotCreate(path: path, reason: "'\(path.displayed)' is no name for an output")
  }
  guard let place = output.resolved else { return }  // the parent is missing: creating the output says so
  for input in inputs {
    guard let kept = OutputPath(input).resolved else { continue }
    let isFileInside = place.hasPrefix(kept + "/") && OutputPath.status(place)?.isDirectory == false
    if kept == place || kept.hasPrefix(place + "/") || isFileInside {
      throw .replacesInput(path: output.final, input: input)
    }
  }
}

extension OutputPath {
  /// The last component of the final name.
  fileprivate var name: Substring {
    guard final != "/", let slash = final.lastIndex(of: "/") else { return final[...] }
    return final[final.index(after: slash)...]
  }

  /// The final name without links and dots; nil if not even the parent exists.
  fileprivate var resolved: String? {
    if let path = resolvedPath(final) { return path }
    return resolvedPath(parent).map { $0 == "/" ? "/" + name : $0 + "/" + name }
  }
}
