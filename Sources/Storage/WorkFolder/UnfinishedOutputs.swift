// What an interrupted command takes away with it: outputs that have not got their final name yet. Whatever
// gives a work folder its name, publishes what is in it or removes it does so here, so that an interruption
// falls before it or after it.
import Glibc
import Synchronization

/// The outputs that this process makes.
public enum UnfinishedOutputs {
  private struct State {
    /// Final names of the outputs whose work folders this process holds.
    var paths: Set<String> = []
    /// Those of them that have got their names.
    var published: Set<String> = []
    var hasPublished = false
    /// Files that only grow; what is in them stays.
    var kept: Set<String> = []
  }

  private static let state = Mutex(State())

  /// What an interrupted command has done.
  public enum Outcome {
    /// There is work that a later run can go on with.
    case resumable
    /// An output has its final name.
    case published
    /// What was found out is in this file, from which the same command goes on.
    case kept(path: String)
    /// Nothing is left.
    case nothing
  }

  /// Runs `make`, and remembers the folder of `output` if it says that it is there.
  static func begin(
    _ output: OutputPath, _ make: () throws(StorageError) -> Bool
  ) throws(StorageError) -> Bool {
    try state.withLock { (state) throws(StorageError) in
      guard try make() else { return false }
      state.paths.insert(output.final)
      return true
    }
  }

  /// Runs `remove` and forgets the folder of `path`, which may be another run's from then on.
  static func end(_ path: String, _ remove: () throws(StorageError) -> Void) throws(StorageError) {
    try state.withLock { (state) throws(StorageError) in
      state.paths.remove(path)
      state.published.remove(path)
      try remove()
    }
  }

  /// Runs `rename`, which gives the output `path` its final name.
  static func publish(_ path: String, _ rename: () throws(StorageError) -> Void) throws(StorageError) {
    try state.withLock { (state) throws(StorageError) in
      try rename()
      state.published.insert(path)
      state.hasPublished = true
    }
  }

  /// Runs `change` on a work folder.
  static func exclusively(_ change: () throws(StorageError) -> Void) throws(StorageError) {
    try state.withLock { (_) throws(StorageError) in try change() }
  }

  /// Remembers a file that keeps what a run has found out.
  static func keep(_ path: String) { _ = state.withLock { $0.kept.insert(path) } }

  /// The file is not written any more.
  static func forgetKept(_ path: String) { _ = state.withLock { $0.kept.remove(path) } }

  /// Removes what is unfinished and cannot be resumed, then calls `end`, which must end the process: other
  /// threads wait for it before they give anything its name.
  public static func abandon(_ end: (Outcome) -> Never) -> Never {
    state.withLock { state in
      var outcome = state.hasPublished ? Outcome.published : .nothing
      if let path = state.kept.first { outcome = .kept(path: path) }
      for path in state.paths {
        let output = OutputPath(path)
        let isPublished = state.published.contains(path)
        if !isPublished, WorkFolder.unfinishedKind(of: output) != nil { outcome = .resumable }
        try? isPublished ? WorkFolder.remove(output) : WorkFolder.abandon(output)
      }
      end(outcome)
    }
  }
}
