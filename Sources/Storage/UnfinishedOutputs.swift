// What an interrupted command takes away with it: outputs that have not got their final name yet.
import Glibc
import Synchronization

/// The outputs that this process holds the locks of.
public enum UnfinishedOutputs {
  private struct State {
    var paths: Set<String> = []
    var hasPublished = false
  }

  private static let state = Mutex(State())

  static func begin(_ path: String) { state.withLock { _ = $0.paths.insert(path) } }
  static func end(_ path: String) { state.withLock { _ = $0.paths.remove(path) } }

  /// Runs `rename`, which gives an output its final name: either before the outputs are taken away or never.
  static func publish<Result>(_ rename: () throws(StorageError) -> Result) throws(StorageError) -> Result {
    try state.withLock { (state) throws(StorageError) in
      let result = try rename()
      state.hasPublished = true
      return result
    }
  }

  /// Removes what is unfinished, then calls `end`, which must end the process: other threads wait for it before they give
  /// anything its name.
  /// - Parameter end: Learns whether an output had got its name.
  public static func abandon(_ end: (Bool) -> Never) -> Never {
    state.withLock { state in
      for path in state.paths {
        let output = OutputPath(path)
        StagedDirectory.abandon(output.partial)
        for name in [output.partial, output.journal, path + ".lock"] { unsafe unlink(name) }
      }
      end(state.hasPublished)
    }
  }
}
