// A file that only grows.
import Basics
import Foundation
import Storage
import Testing
import TestSupport

@Suite struct LineLogTests {
  private let folder: TemporaryDirectory
  private let path: String

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path("log")
  }

  private struct Foreign: Error {}

  /// Opens the log, and gives the lines that were there.
  private func opened() throws -> (log: LineLog, lines: [String]) {
    var lines: [String] = []
    let log = try LineLog(path: path, beginning: "{\"x\"") { line in
      let text = String(decoding: line.bytes, as: UTF8.self)
      guard text.hasPrefix("{\"x\"") else { throw Foreign() }
      #expect(line.number == lines.count + 1)
      lines.append(text)
    }
    return (log, lines)
  }

  private func content() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// Appends these lines and lets go of the file.
  private func append(_ lines: String...) throws {
    let log = try opened().log
    for line in lines { try log.append(Array(line.utf8)) }
  }

  @Test func `lines are given again when the file is opened again`() throws {
    #expect(try opened().lines == [])
    try append("{\"x\":1}", "{\"x\":2}")
    try append("{\"x\":\"é\"}")
    #expect(try opened().lines == ["{\"x\":1}", "{\"x\":2}", "{\"x\":\"é\"}"])
    #expect(try content() == "{\"x\":1}\n{\"x\":2}\n{\"x\":\"é\"}\n")
  }

  @Test(arguments: ["{\"x\":2", "{", "{\"x\":2}"]) func `half a last line is cut off`(torn: String) throws {
    try folder.write("{\"x\":1}\n" + torn, to: "log")
    #expect(try opened().lines == ["{\"x\":1}"])
    #expect(try content() == "{\"x\":1}\n")
    try append("{\"x\":3}")
    #expect(try content() == "{\"x\":1}\n{\"x\":3}\n")
  }

  @Test(arguments: ["a letter", "a letter\n", "{\"x\":1}\n{\"y\":2", "\n"])
  func `what somebody else wrote is left as it is`(text: String) throws {
    try folder.write(text, to: "log")
    #expect(throws: Foreign.self) { try opened() }
    #expect(try content() == text)
  }

  @Test func `a second writer is told that the file is locked, and can have it later`() throws {
    let first = try opened().log
    #expect(throws: StorageError.self) { try opened() }
    do {
      _ = try opened()
    } catch let error as StorageError {
      #expect(error.category == .locked && error.description.hasPrefix(path + ": locked by another process"))
    }
    try first.append(Array("{\"x\":1}".utf8))
    withExtendedLifetime(first) {}
  }

  @Test func `directories, links and names without a directory are refused`() throws {
    #expect(throws: StorageError.self) { try LineLog(path: folder.path, beginning: "") { _ in } }
    #expect(throws: StorageError.self) { try LineLog(path: folder.path("no/log"), beginning: "") { _ in } }
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "log")
    #expect(throws: StorageError.self) { try LineLog(path: folder.path("link"), beginning: "") { _ in } }
    #expect(try folder.names() == ["link"])
  }
}
