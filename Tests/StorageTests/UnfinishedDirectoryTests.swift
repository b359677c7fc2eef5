// A directory whose run was stopped: it is kept, gone on with, or dropped, as somebody says.
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct UnfinishedDirectoryTests {
  private let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  /// The unfinished directory `model` with the files `a` and `b`, and a state.
  private func stoppedRun() throws {
    var first = try StagedDirectory(path: directory.path("model"))
    try first.write([1, 2, 3, 4], to: "a")
    try first.write([5, 6], to: "b")
    try first.folder.replaceState { try $0.append(Array("how to go on".utf8)) }
  }

  private func resumed() throws -> StagedDirectory {
    try StagedDirectory(in: WorkFolder(for: directory.path("model"), making: .directory, resuming: true))
  }

  @Test func anUnfinishedDirectoryIsKeptUntilSomebodySaysWhatBecomesOfIt() throws {
    let path = directory.path("model")
    try stoppedRun()
    #expect(try directory.names() == ["model.skyquant-work"])
    #expect(throws: StorageError.unfinished(path: path)) { _ = try StagedDirectory(path: path) }
    #expect(throws: StorageError.unfinished(path: path)) {
      _ = try WorkFolder(for: path, making: .file, resuming: true)
    }
    do {
      let folder = try WorkFolder(for: path, making: .directory, resuming: true)
      let (isResumed, statePath) = (folder.isResumed, folder.statePath)
      #expect(isResumed)
      #expect(try readFile(statePath, limit: 100) == Array("how to go on".utf8))
    }
    #expect(try directory.names() == ["model.skyquant-work"])
    var again = try resumed()
    var file = try again.reopen("a", keeping: 2)
    try file.append([9])
    #expect(throws: StorageError.changedWhileReading(path: path + ".skyquant-work/output/a")) {
      _ = try again.reopen("a", keeping: 4)
    }
    try again.write([7], to: "b")
    try again.commit()
    #expect(try directory.names() == ["model"])
    #expect(try readFile(path + "/a", limit: 10) == [1, 2, 9] && readFile(path + "/b", limit: 10) == [7])
  }

  @Test func aStoppedRunsWorkIsDroppedWithForce() throws {
    try stoppedRun()
    try StagedDirectory(path: directory.path("model"), overwriting: true).commit()
    #expect(try directory.names() == ["model"])
    #expect(try DirectoryFiles(path: directory.path("model")).names == [])
  }

  @Test func aFileThatNobodyWroteIsNeverPublished() throws {
    try stoppedRun()
    let foreign = try directory.write("mine", to: "model.skyquant-work/output/.notes")
    do {
      let early = try resumed()
      #expect(throws: StorageError.foreign(path: foreign)) { try early.require(only: ["a", "b"]) }
    }
    #expect(throws: StorageError.foreign(path: foreign)) {
      var late = try resumed()
      try late.write([1], to: "a")
      _ = try late.keep("b")
      try late.commit()
    }
    // A file of the stopped run that this one has not made its own is no part of the output either.
    try FileManager.default.removeItem(atPath: foreign)
    #expect(throws: StorageError.foreign(path: directory.path("model.skyquant-work/output/b"))) {
      var forgetful = try resumed()
      try forgetful.write([1], to: "a")
      try forgetful.commit()
    }
    #expect(try directory.names() == ["model.skyquant-work"])
  }

  @Test func whatAStoppedRunHasWrittenNeedsNoRoomAgain() throws {
    let path = directory.path("model")
    do {
      var first = try StagedDirectory(path: path)
      try first.create("a").reserve(1 << 20)
      try first.folder.replaceState { try $0.append([1]) }
    }
    let folder = try WorkFolder(for: path, making: .directory, resuming: true)
    let error = #expect(throws: StorageError.self) { try folder.requireRoom(for: 1 << 60, largestFile: 0) }
    guard case .noSpace(path, let needed, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(((1 << 60) - (2 << 20)...(1 << 60) - (1 << 20)).contains(needed))
  }
}
