// Ctrl-C and SIGTERM: work is secured on the way and every file has its name only when it is complete, so that a run may
// end at once, at any moment. It says how to go on, or takes away what it has begun, and exits 128 + the signal.
import Glibc
import Storage
import Tensors

enum Interruption {
  /// Waits for SIGINT and SIGTERM on a thread of its own. Call it before any other thread starts: they inherit that the
  /// signals are not delivered to them.
  static func install() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, { _ in unsafe Interruption.wait() }, nil)
    // Without the thread the signals keep their usual, deadly effect.
    if code != 0 { unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
  }

  private static func wait() -> UnsafeMutableRawPointer? {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    var number: Int32 = 0
    while unsafe sigwait(&signals, &number) != 0 {}
    UnfinishedOutputs.abandon { outcome in
      switch outcome {
      case .resumable: end(number, resumeHint(CommandLine.arguments))
      case .published: end(number, "")
      case .nothing: end(number, "; nothing was written")
      }
    }
  }

  private static func end(_ number: Int32, _ hint: String) -> Never {
    StandardError.write((StandardError.isTerminal ? .clearedLine : .empty) + SafeText(line: "interrupted\(hint)"))
    _exit(128 + number)
  }

  /// How to go on.
  static func resumeHint(_ arguments: [String]) -> String {
    let again = arguments.contains("--resume") ? arguments : arguments + ["--resume"]
    return "; go on with: " + again.map(quoted).joined(separator: " ")
  }

  /// An argument as a shell reads it.
  private static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && !#""'\$`*?[](){}<>|&;#~!"#.utf8.contains(byte)
    }
    if plain, !argument.isEmpty { return argument }
    return "'" + argument.replacing("'", with: #"'\''"#) + "'"
  }
}
