// Outputs appear complete or not at all, and two runs do not write one output.
import Basics
import Foundation
import Storage
import Testing
import TestSupport

@Suite struct OutputTests {
  private let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  @Test func aFileAppearsOnlyWhenItIsCommitted() throws {
    var writer = try AtomicFileWriter(path: directory.path("out"))
    try writer.append(Array("hello ".utf8))
    try writer.append(Array("world".utf8))
    try writer.write(Array("H".utf8), at: 0)
    #expect(try directory.names() == ["out.skyquant-work"])
    try writer.commit()
    #expect(try directory.names() == ["out"])
    #expect(try readFile(directory.path("out"), limit: 100) == Array("Hello world".utf8))
  }

  @Test func aDroppedWriterLeavesNothingAndTheOldFileUntouched() throws {
    try directory.write("old", to: "out")
    do {
      var writer = try AtomicFileWriter(path: directory.path("out"), overwriting: true)
      try writer.append(Array("new".utf8))
    }
    #expect(try directory.names() == ["out"])
    #expect(try readFile(directory.path("out"), limit: 100) == Array("old".utf8))
  }

  @Test func anExistingFileIsReplacedOnlyWhenAsked() throws {
    let path = try directory.write("old", to: "out")
    #expect(throws: StorageError.exists(path: path)) { _ = try AtomicFileWriter(path: path) }
    var writer = try AtomicFileWriter(path: path, overwriting: true)
    try writer.append(Array("new".utf8))
    try writer.commit()
    #expect(try readFile(path, limit: 100) == Array("new".utf8))
  }

  @Test func aFileThatAppearsWhileWeWriteIsNotReplaced() throws {
    let path = directory.path("out")
    #expect(throws: StorageError.exists(path: path)) {
      let writer = try AtomicFileWriter(path: path)
      try directory.write("theirs", to: "out")
      try writer.commit()
    }
    #expect(try directory.names() == ["out"])
    #expect(try readFile(path, limit: 100) == Array("theirs".utf8))
  }

  @Test func aDirectoryAppearsOnlyWhenItIsCommitted() throws {
    let path = directory.path("model")
    do {
      var dropped = try StagedDirectory(path: path)
      try dropped.write([1], to: "a")
      #expect(try directory.names() == ["model.skyquant-work"])
    }
    #expect(try directory.names() == [])
    var staged = try StagedDirectory(path: path + "/")
    try staged.write([1, 2], to: "a")
    try staged.commit()
    #expect(try DirectoryFiles(path: path).names == ["a"])
    #expect(throws: StorageError.exists(path: path)) { _ = try StagedDirectory(path: path) }
  }

  @Test func anExistingDirectoryIsReplacedWhole() throws {
    try directory.write("old", to: "model/old.json")
    var staged = try StagedDirectory(path: directory.path("model"), overwriting: true)
    try staged.write([1], to: "new.json")
    #expect(try DirectoryFiles(path: directory.path("model")).names == ["old.json"])
    try staged.commit()
    #expect(try directory.names() == ["model"])
    #expect(try DirectoryFiles(path: directory.path("model")).names == ["new.json"])
  }

  @Test func aDirectoryWithDirectoriesInItIsNeverRemoved() throws {
    try directory.write("precious", to: "home/photos/1.jpg")
    let home = directory.path("home")
    #expect(throws: StorageError.notReplaceable(path: home)) {
      _ = try StagedDirectory(path: home, overwriting: true)
    }
    #expect(try readFile(directory.path("home/photos/1.jpg"), limit: 100) == Array("precious".utf8))
  }

  @Test func aFileThatSomebodyPutBesideTheOutputStopsItFromGettingItsName() throws {
    let foreign = directory.path("out.skyquant-work/notes.txt")
    #expect(throws: StorageError.foreign(path: foreign)) {
      let writer = try AtomicFileWriter(path: directory.path("out"))
      try directory.write("mine", to: "out.skyquant-work/notes.txt")
      try writer.commit()
    }
    #expect(try directory.names() == ["out.skyquant-work"])
    #expect(try readFile(foreign, limit: 10) == Array("mine".utf8))
  }

  @Test func aFileThatSomebodyTookAwayIsMissed() throws {
    let path = directory.path("model.skyquant-work/output/a")
    #expect(throws: StorageError.missing(path: path)) {
      var staged = try StagedDirectory(path: directory.path("model"))
      try staged.write([1], to: "a")
      try FileManager.default.removeItem(atPath: path)
      try staged.commit()
    }
    #expect(try directory.names() == [])
  }

  @Test func aDiskWithTooLittleRoomIsRefusedBeforeTheWork() throws {
    for start in [
      { _ = try StagedDirectory(path: directory.path("out"), byteCount: 1 << 60) },
      { _ = try AtomicFileWriter(path: directory.path("out"), byteCount: 1 << 60) },
    ] as [() throws -> Void] {
      let error = #expect(throws: StorageError.self) { try start() }
      #expect(error?.category == .cannotCreateOutput)
      guard case .noSpace(directory.path("out"), let needed, let free)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(needed <= 1 << 60 && needed > 1 << 59 && free > 0)
    }
    #expect(try directory.names() == [])
  }

  @Test(arguments: [
    (0o700, 0o600, 0o600, 0o700), (0o750, 0o644, 0o640, 0o750), (0o755, 0o644, 0o644, 0o755),
    (0o755, 0o600, 0o600, 0o700), (0o744, 0o644, 0o600, 0o700), (0o777, 0o664, 0o644, 0o755),
  ])
  func anOutputIsAsPrivateAsItsSource(directoryMode: Int, fileMode: Int, expectedFile: Int, expectedDirectory: Int)
    throws
  {
    let files = FileManager.default
    let source = try directory.write("weights", to: "source/model.safetensors")
    try files.setAttributes([.posixPermissions: fileMode], ofItemAtPath: source)
    try files.setAttributes([.posixPermissions: directoryMode], ofItemAtPath: directory.path("source"))
    let permissions = OutputPermissions(from: [directory.path("source"), source])
    var staged = try StagedDirectory(path: directory.path("model"), permissions: permissions)
    try staged.write([1], to: "a")
    try staged.commit()
    try AtomicFileWriter(path: directory.path("file"), permissions: permissions).commit()
    func mode(_ name: String) throws -> Int? {
      (try files.attributesOfItem(atPath: directory.path(name))[.posixPermissions] as? NSNumber)?.intValue
    }
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Umask:") })
    let umask = try #require(Int(line.dropFirst("Umask:".count).drop { $0 == "\t" }, radix: 8))
    #expect(try mode("model") == expectedDirectory & ~umask)
    #expect(try mode("model/a") == expectedFile & ~umask && mode("file") == expectedFile & ~umask)
  }

  @Test(arguments: ["../escape", "a/b", "", ".", "..", "a\u{0}", "line\nbreak", "back\\slash"])
  func aStagedFileNeedsAPlainName(name: String) throws {
    var staged = try StagedDirectory(path: directory.path("model"))
    #expect(throws: StorageError.notAPlainFileName(name)) { _ = try staged.create(name) }
  }

  @Test func anOutputThatCannotBeCreatedSaysWhy() {
    let path = directory.path("absent/out")
    #expect {
      _ = try AtomicFileWriter(path: path)
    } throws: { error in
      (error as? StorageError)?.category == .cannotCreateOutput
    }
  }

  @Test func roomForMoreThanTheDiskHoldsIsRefusedAtOnce() throws {
    let path = directory.path("out")
    let writer = try AtomicFileWriter(path: path)
    let error = #expect(throws: StorageError.self) { try writer.reserve(1 << 60) }
    guard case .noSpace(path + ".skyquant-work/output", 1 << 60, let free) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(free > 0 && free < 1 << 60)
  }
}
