// A terminal that remembers what was printed to it.
import Foundation
import Testing

/// Runs `skyquant` with its results on a terminal.
/// - Returns: What the terminal got, with plain line ends.
func skyquantOnTerminal(_ arguments: String...) throws -> String {
  let (shown, result) = try skyquant(arguments: arguments, on: .output)
  #expect(result.exitCode == 0, "\(result.errors)")
  return shown
}

/// One of the two streams of a program.
enum PrintedStream {
  case output, errors
}

/// Runs `skyquant` with one of its streams on a terminal, the other in a file.
/// - Parameters:
///   - environment: What it finds in its environment besides ours, which knows no wish about colour.
///   - columns: How wide the terminal is; nil if it does not tell.
/// - Returns: What the terminal got, with plain line ends, and the rest.
func skyquant(
  arguments: [String], on stream: PrintedStream, environment: [String: String] = [:], columns: Int? = nil
) throws -> (shown: String, result: CommandResult) {
  let terminal = try #require(FileHandle(forUpdatingAtPath: "/dev/ptmx"))
  // Glibc's names for these requests are macros that Swift does not see: TIOCSPTLCK, TIOCGPTN and TIOCSWINSZ.
  var (lock, number): (Int32, Int32) = (0, 0)
  #expect(unsafe ioctl(terminal.fileDescriptor, 0x4004_5431, &lock) == 0)
  #expect(unsafe ioctl(terminal.fileDescriptor, 0x8004_5430, &number) == 0)
  var size = winsize(ws_row: 24, ws_col: UInt16(columns ?? 0), ws_xpixel: 0, ws_ypixel: 0)
  #expect(unsafe ioctl(terminal.fileDescriptor, 0x5414, &size) == 0)
  let program = try #require(FileHandle(forUpdatingAtPath: "/dev/pts/\(number)"))
  var bytes: [UInt8] = []
  let result = try skyquant(
    arguments: arguments, output: stream == .output ? program : nil, errors: stream == .errors ? program : nil,
    environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 }
  ) { _ in
    try program.close()
    var part = [UInt8](repeating: 0, count: 4096)
    while case let count = unsafe read(terminal.fileDescriptor, &part, part.count), count > 0 {  // ends with EIO
      bytes += part[..<count]
    }
  }
  return (String(decoding: bytes.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self), result)
}
