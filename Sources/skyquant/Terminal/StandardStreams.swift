// Writing to the standard streams without buffering surprises.
import Basics
import CLinux
import Glibc
import Storage
import Synchronization

/// Results. One that cannot be written is an error of the command, whatever else it did.
enum StandardOutput {
  /// Columns that lines for people have to keep within; nil if nobody says, as of a file or a pipe.
  static var columnCount: Int? { TerminalWidth.columns(of: STDOUT_FILENO) }

  /// Writes all of `text`. A reader that went away, as `head -1` does, ends the output silently.
  /// - Throws: `StorageError.failed`, also if there is no standard output.
  static func write(_ text: SafeText) throws(StorageError) {
    _ = try writeAll(text.bytes(for: STDOUT_FILENO, columns: columnCount), to: STDOUT_FILENO)
  }

  /// Writes what was asked for as it is, all of `bytes`. A terminal gets it as text that it does not act on.
  /// - Returns: False if the reader went away.
  /// - Throws: `StorageError.failed`, as above.
  @discardableResult static func write(content bytes: [UInt8]) throws(StorageError) -> Bool {
    let isShown = isatty(STDOUT_FILENO) == 1
    guard isShown else { return try writeAll(bytes, to: STDOUT_FILENO) }
    let shown = SafeText(content: String(decoding: bytes, as: UTF8.self))
    return try writeAll(shown.bytes(for: STDOUT_FILENO, columns: nil), to: STDOUT_FILENO)
  }

  /// Nothing more will be written. Some file systems tell only now that they had no room.
  /// - Throws: `StorageError.failed`.
  static func close() throws(StorageError) {
    guard Glibc.close(STDOUT_FILENO) != 0, errno != EINTR else { return }
    throw failure("close", errno)
  }
}

/// Progress, warnings and errors. That they cannot be written is ignored on purpose: there is no other place to say so,
/// and the exit code stays what it is.
///
/// A terminal may show a bar in its last line. Whatever is written next takes its place, from whatever thread and for
/// whatever reason, so that no text follows a bar on its line.
enum StandardError {
  private static let hasBar = Mutex(false)

  /// Writes `text`, from the beginning of a line.
  static func write(_ text: SafeText) { put(text, isBar: false) }

  /// Shows `line` until something else is written.
  static func drawBar(_ line: SafeText) { put(line, isBar: true) }

  private static func put(_ text: SafeText, isBar: Bool) {
    // Made first: a thread that gets no memory must not hold the lock, which whoever reports that needs.
    // Who reads a pipe reads an error or a warning as one line.
    let bytes = text.bytes(for: STDERR_FILENO, columns: isTerminal ? tableWidth : nil)
    let cleared = SafeText.clearedLine.bytes(for: STDERR_FILENO, columns: nil)
    hasBar.withLock { hasBar in
      if hasBar { _ = try? writeAll(cleared, to: STDERR_FILENO) }
      _ = try? writeAll(bytes, to: STDERR_FILENO)
      hasBar = isBar
    }
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal.
  static var columnCount: Int { tableWidth ?? 80 }

  /// Columns that tables have to keep within; nil if nobody says.
  static var tableWidth: Int? { TerminalWidth.columns(of: STDERR_FILENO) }
}

/// How wide text may be.
enum TerminalWidth {
  /// COLUMNS if it is set, as for `--help`, else what the terminal says; asked each time, since windows change. Nil if nobody
  /// says. Whatever is said, 20 columns are there.
  static func columns(of stream: Int32) -> Int? {
    let given = unsafe getenv("COLUMNS").flatMap { unsafe Int(String(cString: $0)) } ?? 0
    let columns = given > 0 ? given : Int(terminal_columns(stream))
    return columns > 0 ? max(columns, 20) : nil
  }
}

/// The three streams together.
enum StandardStreams {
  /// Gives the numbers of closed streams away. Else the next file opened would get one, a file of weights perhaps, and
  /// what is printed would be written into it. Writing to a standard output that was closed still fails.
  static func occupy() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      let number = unsafe open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY)
      guard number == stream else { _exit(FailureCategory.inputOutput.exitCode) }
    }
  }
}

extension SafeText {
  /// As `stream` takes it, with colours if it is a terminal that shows them.
  fileprivate func bytes(for stream: Int32, columns: Int?) -> [UInt8] {
    Array(rendered(inColor: TerminalColor.isUsed(on: stream), columns: columns).utf8)
  }
}

/// - Returns: False if the reader went away.
private func writeAll(_ all: [UInt8], to stream: Int32) throws(StorageError) -> Bool {
  var bytes = all[...]
  while !bytes.isEmpty {
    let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(stream, $0.baseAddress, $0.count) }
    guard written < 0 else {
      bytes = bytes.dropFirst(written)
      continue
    }
    switch errno {
    case EINTR: continue
    case EAGAIN: waitUntilWritable(stream)
    case EPIPE: return false
    case let code: throw failure("write", code)
    }
  }
  return true
}

/// Whoever gave us the stream may have made it one that does not wait.
private func waitUntilWritable(_ stream: Int32) {
  var event = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
  _ = unsafe poll(&event, 1, -1)
}

private func failure(_ operation: String, _ code: Int32) -> StorageError {
  .failed(operation: operation, path: "standard output", reason: unsafe String(cString: strerror(code)))
}
