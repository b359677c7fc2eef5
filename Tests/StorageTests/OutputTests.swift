// Outputs appear complete or not at all, and two runs do not write one output.
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct OutputTests {
  private let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  @Test func aFileAppearsOnlyWhenItIsCommitted() throws {
    var writer = try AtomicFileWriter(path: directory.path("out"))
    try writer.append(Array("hello ".utf8))
    try writer.append(Array("world".utf8))
    try writer.write(Array("H".utf8), at: 0)
    #expect(try directory.names() == ["out.lock", "out.partial"])
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

  @Test func theSecondWriterOfAnOutputIsLockedOutWithThePidOfTheFirst() throws {
    let path = directory.path("out")
    let first = try AtomicFileWriter(path: path)
    let left = String(decoding: try readFile(path + ".lock", limit: 64), as: UTF8.self).split(separator: " ")
    #expect(left.first == "\(ProcessInfo.processInfo.processIdentifier)")
    for start in [{ _ = try AtomicFileWriter(path: path) }, { _ = try StagedDirectory(path: path) }]
      as [() throws -> Void]
    {
      let error = #expect(throws: StorageError.self) { try start() }
      #expect(error?.category == .locked)
      #expect("\(try #require(error))".contains("locked by pid \(ProcessInfo.processInfo.processIdentifier) since 20"))
    }
    try first.commit()
    _ = try AtomicFileWriter(path: path, overwriting: true)
  }

  @Test func whatAKilledRunLeftIsNoObstacle() throws {
    try directory.write("4711", to: "out.lock")
    try directory.write("half", to: "out.partial")
    let file = try AtomicFileWriter(path: directory.path("out"))
    try file.commit()
    #expect(try readFile(directory.path("out"), limit: 100).isEmpty)

    try directory.write("half", to: "model.partial/config.json")
    try directory.write("4711", to: "model.lock")
    let staged = try StagedDirectory(path: directory.path("model"))
    try staged.write(Array("{}".utf8), to: "config.json")
    try staged.commit()
    #expect(try directory.names() == ["model", "out"])
    #expect(try readFile(directory.path("model/config.json"), limit: 100) == Array("{}".utf8))
  }

  @Test func aDirectoryAppearsOnlyWhenItIsCommitted() throws {
    let path = directory.path("model")
    do {
      let dropped = try StagedDirectory(path: path)
      try dropped.write([1], to: "a")
      #expect(try directory.names() == ["model.lock", "model.partial"])
    }
    #expect(try directory.names() == [])
    let staged = try StagedDirectory(path: path + "/")
    try staged.write([1, 2], to: "a")
    try staged.commit()
    #expect(try DirectoryFiles(path: path).names == ["a"])
    #expect(throws: StorageError.exists(path: path)) { _ = try StagedDirectory(path: path) }
  }

  @Test func anExistingDirectoryIsReplacedWhole() throws {
    try directory.write("old", to: "model/old.json")
    let staged = try StagedDirectory(path: directory.path("model"), overwriting: true)
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
    try directory.write("precious", to: "model.partial/photos/1.jpg")
    #expect(throws: StorageError.notReplaceable(path: directory.path("model.partial"))) {
      _ = try StagedDirectory(path: directory.path("model"))
    }
    #expect(try readFile(directory.path("model.partial/photos/1.jpg"), limit: 100) == Array("precious".utf8))
    #expect(try readFile(directory.path("home/photos/1.jpg"), limit: 100) == Array("precious".utf8))
  }

  @Test func anUnfinishedDirectoryIsKeptUntilSomebodySaysWhatBecomesOfIt() throws {
    let path = directory.path("model")
    do {
      let first = try StagedDirectory(path: path)
      try first.write([1, 2, 3, 4], to: "a")
      try first.write([5, 6], to: "b")
      try directory.write("how to go on", to: "model.resume")
    }
    #expect(try directory.names() == ["model.partial", "model.resume"])
    #expect(throws: StorageError.unfinished(path: path)) { _ = try StagedDirectory(path: path) }
    #expect(throws: StorageError.unfinished(path: path)) {
      try StagedDirectory.require(path: path, overwriting: false, resuming: false, byteCount: 0)
    }
    #expect(try directory.names() == ["model.partial", "model.resume"])
    let resumed = try StagedDirectory(path: path, resuming: true)
    var file = try resumed.reopen("a", keeping: 2)
    try file.append([9])
    #expect(throws: StorageError.changedWhileReading(path: path + ".partial/a")) {
      _ = try resumed.reopen("a", keeping: 4)
    }
    try resumed.write([7], to: "b")
    try resumed.commit()
    #expect(try directory.names() == ["model"])
    #expect(try readFile(path + "/a", limit: 10) == [1, 2, 9] && readFile(path + "/b", limit: 10) == [7])
  }

  @Test func anOldDirectoryGetsItsNameBackIfARunWasKilledWhileItReplacedIt() throws {
    try directory.write("old", to: "model.replaced/a")
    #expect(throws: StorageError.exists(path: directory.path("model"))) {
      _ = try StagedDirectory(path: directory.path("model"))
    }
    #expect(try readFile(directory.path("model/a"), limit: 10) == Array("old".utf8))
    #expect(try directory.names() == ["model"])
  }

  @Test func aDiskWithTooLittleRoomIsRefusedBeforeTheWork() throws {
    let error = #expect(throws: StorageError.self) {
      try StagedDirectory.require(
        path: directory.path("model"), overwriting: false, resuming: false, byteCount: 1 << 60)
    }
    #expect(error?.category == .cannotCreateOutput)
    #expect("\(try #require(error))".contains("\(1 << 60) bytes are needed"))
  }

  @Test(arguments: ["../escape", "a/b", "", ".", "..", "a\u{0}", "line\nbreak", "back\\slash"])
  func aStagedFileNeedsAPlainName(name: String) throws {
    let staged = try StagedDirectory(path: directory.path("model"))
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
    guard case .noSpace(path + ".partial", 1 << 60, let free) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(free > 0 && free < 1 << 60)
  }
}
