// Files are opened without leaving their directory, and read within limits.
import Basics
import Foundation
import Storage
import Tensors
import Testing
import TestSupport

@Suite struct InputTests {
  private let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: directory.path(name), withDestinationPath: target)
  }

  @Test func aMappedFileHasTheBytesOfTheFile() throws {
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
    let file = try MappedFile(path: directory.write(bytes, to: "f"))
    file.advise(.sequential)
    #expect(file.byteCount == 10_000)
    #expect(file.withBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } } == bytes)
  }

  @Test func anEmptyFileCanBeMapped() throws {
    let file = try MappedFile(path: directory.write([], to: "empty"))
    #expect(file.byteCount == 0)
    #expect(file.withBytes { $0.byteCount } == 0)
  }

  @Test func aFileThatChangesAfterItWasMappedIsNoticed() throws {
    let path = try directory.write("before", to: "f")
    let file = try MappedFile(path: path)
    #expect(try !file.wasTouched())
    try directory.write("after it", to: "f")
    #expect(throws: StorageError.changedWhileReading(path: path)) { try file.wasTouched() }
  }

  @Test func missingFilesAndDirectoriesAreTold() throws {
    let path = directory.path("absent")
    #expect(throws: StorageError.missing(path: path)) { _ = try MappedFile(path: path) }
    #expect(throws: StorageError.missing(path: path)) { _ = try DirectoryFiles(path: path) }
    let long = directory.path(String(repeating: "a", count: 256))
    let error = #expect(throws: StorageError.nameTooLong(path: long)) { _ = try MappedFile(path: long) }
    #expect(error?.category == .missingInput)
    #expect(throws: StorageError.wrongKind(path: directory.path, expected: "a regular file")) {
      _ = try MappedFile(path: directory.path)
    }
    let file = try directory.write("", to: "f")
    #expect(throws: StorageError.wrongKind(path: file, expected: "a directory")) { _ = try DirectoryFiles(path: file) }
  }

  @Test func aFileOverItsLimitIsNotRead() throws {
    let path = try directory.write("12345", to: "f")
    #expect(try readFile(path, limit: 5).count == 5)
    #expect(throws: StorageError.tooLarge(path: path, byteCount: 5, limit: 4)) { try readFile(path, limit: 4) }
  }

  @Test func aFIFOIsRefusedWithoutWaitingForAWriter() throws {
    #expect(unsafe mkfifo(directory.path("fifo"), 0o644) == 0)
    let files = try DirectoryFiles(path: directory.path)
    #expect(files.names == [])
    let expected = StorageError.wrongKind(path: directory.path("fifo"), expected: "a regular file")
    #expect(throws: expected) { try files.bytes(of: "fifo") }
    #expect(throws: expected) { _ = try MappedFile(path: directory.path("fifo")) }
  }

  @Test func namesAreSortedByBytesAndHideDirectoriesAndHiddenFiles() throws {
    for name in ["b.json", "a.json", "Z.json", ".gitattributes", "assets/picture.png"] {
      try directory.write("", to: name)
    }
    #expect(try DirectoryFiles(path: directory.path).names == ["Z.json", "a.json", "b.json"])
  }

  @Test func aFileThatIsNotThereIsNilAndNoError() throws {
    #expect(try DirectoryFiles(path: directory.path).bytes(of: "config.json") == nil)
  }

  @Test(arguments: ["/etc/passwd", "../f", "sub/f", "..", "", "f\u{0}"])
  func aNameThatIsNotPlainIsNeverOpened(name: String) throws {
    try directory.write("secret", to: "f")
    try directory.write("", to: "model/config.json")
    let files = try DirectoryFiles(path: directory.path("model"))
    #expect(throws: StorageError.notAPlainFileName(name)) { try files.bytes(of: name) }
    #expect(throws: StorageError.notAPlainFileName(name)) { _ = try files.map(name) }
  }

  @Test(arguments: ["/etc/passwd", "../secret", "real.json", "../../blobs/secret"])
  func aSymbolicLinkInAModelDirectoryIsRefused(target: String) throws {
    try directory.write("secret", to: "secret")
    try directory.write("secret", to: "blobs/secret")
    try directory.write("{}", to: "models/model/real.json")
    try link("models/model/config.json", to: target)
    let files = try DirectoryFiles(path: directory.path("models/model"))
    let expected = StorageError.symbolicLink(path: directory.path("models/model/config.json"))
    #expect(throws: expected) { try files.bytes(of: "config.json") }
    #expect(throws: expected) { _ = try files.map("config.json") }
  }

  @Test func theLinksOfAHuggingFaceCacheAreFollowed() throws {
    try directory.write("{}", to: "blobs/0123abcd")
    try directory.write("", to: "snapshots/main/other.json")
    try link("snapshots/main/config.json", to: "../../blobs/0123abcd")
    let files = try DirectoryFiles(path: directory.path("snapshots/main"))
    #expect(files.names == ["config.json", "other.json"])
    #expect(try files.bytes(of: "config.json") == Array("{}".utf8))
    #expect(try files.map("config.json").byteCount == 2)
  }

  @Test(arguments: ["../../blobs/../secret", "../../blobs/link", "../../secret", "../../blobs/", "../../blobs"])
  func aLinkInACacheThatLeadsElsewhereIsRefused(target: String) throws {
    try directory.write("secret", to: "secret")
    try directory.write("", to: "snapshots/main/other.json")
    try directory.write("", to: "blobs/0123abcd")
    try link("blobs/link", to: "../secret")
    try link("snapshots/main/config.json", to: target)
    let files = try DirectoryFiles(path: directory.path("snapshots/main"))
    #expect {
      try files.bytes(of: "config.json")
    } throws: { error in
      if case .symbolicLink = error as? StorageError { true } else { false }
    }
  }

  @Test func namesInMessagesCannotDriveATerminal() {
    let hostile = "a\u{1B}[31m\n\u{202E}b"
    #expect(StorageError.missing(path: hostile).description == #"a\u{1b}[31m\u{a}\u{202e}b: no such file or directory"#)
    #expect(String(repeating: "x", count: 1000).displayed.count == 201)
  }
}
