// What a file system cannot do, and we can do without: said once, and gone on.
//
// Lustre without `-o flock`, some NFS, CIFS and FUSE mounts have no locks; some FUSE mounts bring nothing to the disk when
// asked to. Whoever works there should know, and be able to work.
internal import Glibc
internal import Synchronization

/// Tells of what is missing on a file system.
public enum FileSystemNotes {
  private struct State {
    var tell: (@Sendable (String) -> Void)?
    var told: Set<String> = []
  }

  private static let state = Mutex(State())

  /// Has `tell` called with a line for each kind of thing that is missing, the first time that it is.
  public static func tell(_ tell: @escaping @Sendable (String) -> Void) { state.withLock { $0.tell = tell } }

  static func note(_ text: String) {
    let tell = state.withLock { state in state.told.insert(text).inserted ? state.tell : nil }
    tell?(text)
  }
}

/// Whether a lock was had.
enum LockOutcome {
  case locked
  /// Somebody else has it.
  case held
  /// The file system has no locks, which was told.
  case unavailable
}

extension FileDescriptor {
  /// Takes the file's lock (`flock`), which lasts until it is closed.
  /// - Parameter waits: Whether to wait for whoever has it.
  /// - Throws: `StorageError.failed`.
  func lock(waits: Bool) throws(StorageError) -> LockOutcome {
    guard flock(number, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 else { return .locked }
    switch errno {
    case EWOULDBLOCK where !waits: return .held
    case ENOSYS, EOPNOTSUPP, ENOLCK:
      FileSystemNotes.note("the file system has no locks: do not run two commands that write the same output")
      return .unavailable
    default: throw .failing("flock", path)
    }
  }

  /// Brings the file, or the directory's entries, to the disk. A failure must not be tried again: the kernel may
  /// have marked the lost pages clean. A file system that cannot be asked for it is told of.
  func synchronize() throws(StorageError) {
    guard fsync(number) != 0 else { return }
    guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) else { throw .failing("fsync", path) }
    FileSystemNotes.note(
      "the file system cannot be told to write to the disk now: what a power failure leaves is its affair")
  }
}
