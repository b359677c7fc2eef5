// A process that gets no more memory: one line and an exit code, instead of an abort. What was asked for may be small or
// lie inside a library, so that it cannot be known beforehand.
import Basics
import CAllocation
import Glibc
import Storage
import Synchronization

enum OutOfMemory {
  /// Bytes that could not be had; 0 while all could.
  private static let failedByteCount = Atomic<Int>(0)
  /// The thread that ends the process.
  private nonisolated(unsafe) static var reporter = pthread_t()

  /// Given back when an allocation fails, so that the reporter has what it needs.
  private nonisolated(unsafe) static var reserve: UnsafeMutableRawPointer?
  private static let reserveByteCount = 1 << 20

  /// Seconds that the reporter may take. It waits for ever for a lock that the thread without memory holds.
  private static let patience: UInt32 = 10

  /// Has `thread` woken with SIGTERM when an allocation fails.
  static func install(reporter thread: pthread_t) {
    unsafe reporter = thread
    unsafe reserve = malloc(reserveByteCount)
    ca_on_failure { byteCount in OutOfMemory.fail(Int(clamping: byteCount)) }
  }

  /// What to say if an allocation has failed; nil if none has.
  static var message: StyledText? {
    let byteCount = failedByteCount.load(ordering: .acquiring)
    guard byteCount > 0 else { return nil }
    return "\("error:", .bad) out of memory: the system refuses \(byteCount) bytes; allow more (ulimit -v, the "
      + "container's limit)"
  }

  /// Runs inside the allocation, and so may not allocate.
  private static func fail(_ byteCount: Int) -> Never {
    if unsafe pthread_equal(pthread_self(), reporter) != 0 { end() }
    if failedByteCount.compareExchange(expected: 0, desired: byteCount, ordering: .acquiringAndReleasing).exchanged {
      unsafe free(reserve)
      unsafe pthread_kill(reporter, SIGTERM)
    }
    sleep(patience)
    end()
  }

  /// The end without a word about what is left.
  private static func end() -> Never {
    let text: StaticString = "error: out of memory\n"
    _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(FailureCategory.systemLimit.exitCode)
  }
}
