// A terminal that remembers what was printed to it.
import Foundation
import Testing

/// Runs `skyquant` with its results on a terminal.
/// - Returns: What the terminal got, with plain line ends.
func skyquantOnTerminal(_ arguments: String...) throws -> String {
  let terminal = try #require(FileHandle(forUpdatingAtPath: "/dev/ptmx"))
  // Glibc's names for these requests are macros that Swift does not see: TIOCSPTLCK and TIOCGPTN.
  var (lock, number): (Int32, Int32) = (0, 0)
  #expect(unsafe ioctl(terminal.fileDescriptor, 0x4004_5431, &lock) == 0)
  #expect(unsafe ioctl(terminal.fileDescriptor, 0x8004_5430, &number) == 0)
  let program = try #require(FileHandle(forUpdatingAtPath: "/dev/pts/\(number)"))
  let result = try skyquant(arguments: arguments, output: program)
  try program.close()
  #expect(result.exitCode == 0, "\(result.errors)")
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 4096)
  while case let count = unsafe read(terminal.fileDescriptor, &part, part.count), count > 0 {  // ends with EIO
    bytes += part[..<count]
  }
  return String(decoding: bytes.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
}
