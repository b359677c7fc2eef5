// Ctrl-C and SIGTERM: work is secured on the way and every file has its name only when it is complete, so that a run may
// end at once, at any moment. It says how to go on, or takes away what it has begun, and exits 128 + the signal. A
// process without memory ends in the same way.
import Basics
import Glibc
import Storage
import Tensors

enum Interruption {
  /// Waits for SIGINT and SIGTERM on a thread of its own. Call it before any other thread starts: they inherit that the
  /// signals are not delivered to them.
  /// - Throws: `UserError` if there is no thread to be had: a run that could not be ended in order must not begin.
  static func install() throws(UserError) {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, { _ in unsafe Interruption.wait() }, nil)
    guard code == 0 else {
      throw UserError(
        description: "cannot start a thread: \(unsafe String(cString: strerror(code))); allow more (ulimit -u, the "
          + "container's limit of pids) or more memory", category: .systemLimit)
    }
    OutOfMemory.install(reporter: thread)
  }

  private static func wait() -> UnsafeMutableRawPointer? {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    var number: Int32 = 0
    while unsafe sigwait(&signals, &number) != 0 {}
    let (message, code) =
      OutOfMemory.message.map { ($0, FailureCategory.systemLimit.exitCode) } ?? ("interrupted", 128 + number)
    UnfinishedOutputs.abandon { outcome in
      switch outcome {
      case .resumable: end(message + resumeHint(CommandLine.arguments), code)
      case .published: end(message, code)
      case .kept(let path): end(message + "; the same command goes on with the answers in \(path.displayed)", code)
      case .nothing: end(message + "; nothing was written", code)
      }
    }
  }

  private static func end(_ message: StyledText, _ code: Int32) -> Never {
    StandardError.write(SafeText(line: message))
    _exit(code)
  }

  /// How to go on.
  static func resumeHint(_ arguments: [String]) -> StyledText {
    let again = arguments.contains("--resume") ? arguments : arguments + ["--resume"]
    return "; go on with: \(StyledText.command(again.map(\.shellWord)))"
  }
}
