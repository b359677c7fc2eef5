// What happens when a mapped file is shortened by another process: the read raises SIGBUS, and this handler
// says which file and where, and ends the process with the exit code of a missing input.
//
// A signal handler may only do what is async-signal-safe: it reads plain memory that was set up before, formats a
// number into a fixed buffer, and calls write and _exit. No allocation, no reference counting, no lock.
import Basics
import Glibc
import Synchronization

extension MappedFile {
  /// Exit code of a process whose mapped input went away: EX_NOINPUT of sysexits.h.
  public static let truncationExitCode: Int32 = 66

  /// Makes a mapped file that another process shortens end this process with one line on standard error and exit
  /// code 66. Call it once, before the first file is mapped.
  public static func installTruncationHandler() {
    MappedRanges.prepare()
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_sigaction = { _, information, _ in
      unsafe reportTruncation(at: information?.pointee._sifields._sigfault.si_addr)
    }
    action.sa_flags = SA_SIGINFO
    unsafe sigaction(SIGBUS, &action, nil)
  }
}

/// The mapped ranges of this process, in memory that a signal handler may read.
enum MappedRanges {
  @unsafe struct Range {
    /// Nil while the slot is free.
    var start: UnsafeMutableRawPointer?
    var byteCount = 0
    /// `error: FILE: file changed while mapped (byte offset `, ready to print.
    var message: UnsafeMutablePointer<CChar>?
  }

  /// More mappings than this are possible, but a fault in one of them is reported without a name.
  static let capacity = 1024
  nonisolated(unsafe) static let slots = {
    let slots = UnsafeMutablePointer<Range>.allocate(capacity: capacity)
    unsafe slots.initialize(repeating: Range(), count: capacity)
    return unsafe slots
  }()
  private static let lock = Mutex(())

  /// Whether a thread reports already: several read a mapping, and the others must not print, nor end the process first.
  static let isReported = Atomic(false)

  /// Creates the table and the flag, which must not happen in the handler.
  static func prepare() {
    _ = unsafe slots
    _ = isReported.load(ordering: .relaxed)
  }

  static func add(_ start: UnsafeMutableRawPointer, byteCount: Int, path: String) {
    let message = unsafe strdup("error: \(path.displayed): file changed while mapped (byte offset ")
    lock.withLock { _ in
      for index in 0..<capacity where unsafe slots[index].start == nil {
        unsafe slots[index] = Range(start: start, byteCount: byteCount, message: message)
        return
      }
      unsafe free(message)
    }
  }

  static func remove(_ start: UnsafeMutableRawPointer) {
    lock.withLock { _ in
      for index in 0..<capacity where unsafe slots[index].start == start {
        unsafe free(slots[index].message)
        unsafe slots[index] = Range()
        return
      }
    }
  }
}

/// Runs inside the signal handler. Returns only for a fault outside our mappings, with the signal's default action in force
/// again, so that the access faults a second time and ends the process as usual.
private func reportTruncation(at address: UnsafeMutableRawPointer?) {
  let address = UInt(bitPattern: address)
  for index in 0..<MappedRanges.capacity {
    guard let start = unsafe MappedRanges.slots[index].start, let message = unsafe MappedRanges.slots[index].message
    else { continue }
    let offset = address &- UInt(bitPattern: start)
    guard unsafe offset < UInt(bitPattern: MappedRanges.slots[index].byteCount) else { continue }
    while MappedRanges.isReported.exchange(true, ordering: .relaxed) { pause() }
    unsafe writeToStandardError(message, count: strlen(message))
    writeDecimal(offset)
    let end: StaticString = ")\n"
    unsafe writeToStandardError(end.utf8Start, count: end.utf8CodeUnitCount)
    _exit(MappedFile.truncationExitCode)
  }
  signal(SIGBUS, SIG_DFL)
}

private func writeDecimal(_ value: UInt) {
  unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
    var rest = value
    var first = 20
    repeat {
      first -= 1
      unsafe digits[first] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
      rest /= 10
    } while rest > 0 && first > 0
    guard let start = digits.baseAddress else { return }
    unsafe writeToStandardError(start + first, count: 20 - first)
  }
}

private func writeToStandardError(_ bytes: UnsafeRawPointer, count: Int) {
  _ = unsafe Glibc.write(STDERR_FILENO, bytes, count)
}
