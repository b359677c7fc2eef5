// What a tensor's bytes must pass once in the life of the process.
import Synchronization

/// Runs a check when it is first called for, and remembers what it found.
final class ContentProof: Sendable {
  private let check: @Sendable () throws -> Void
  private let verdict = Mutex<Result<Void, any Error>?>(nil)

  init(_ check: @escaping @Sendable () throws -> Void) { self.check = check }

  /// Threads that ask while the check runs wait for it.
  /// - Throws: what the check threw.
  func require() throws {
    try verdict.withLock { verdict in
      let found = verdict ?? Result { try check() }
      verdict = found
      return found
    }.get()
  }
}
