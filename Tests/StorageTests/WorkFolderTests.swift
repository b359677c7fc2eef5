// The folder beside an output in which it is made: what is taken over, and what is never touched.
import Basics
import Foundation
import Storage
import Testing
import TestSupport

@Suite struct WorkFolderTests {
  private let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  /// Every way to begin the output `out`.
  private func starts(resuming: Bool = false, overwriting: Bool = true) -> [() throws -> Void] {
    let path = directory.path("out")
    return [
      { _ = try AtomicFileWriter(path: path, overwriting: overwriting) },
      { _ = try StagedDirectory(path: path, overwriting: overwriting) },
      { _ = try WorkFolder(for: path, making: .file, overwriting: overwriting, resuming: resuming) },
      { _ = try WorkFolder(for: path, making: .directory, overwriting: overwriting, resuming: resuming) },
    ]
  }

  /// Expects that no way to begin the output gets by, each with this error, and that nothing changes.
  private func expectRefusal(_ expected: StorageError) throws {
    let before = try DirectorySnapshot(directory.path)
    for start in starts() + starts(resuming: true) { #expect(throws: expected) { try start() } }
    #expect(try DirectorySnapshot(directory.path) == before)
  }

  @Test func whileAnOutputIsMadeOneFolderLiesBesideItAndNobodyElseMayLookIntoIt() throws {
    let writer = try AtomicFileWriter(path: directory.path("out"))
    #expect(try directory.names() == ["out.skyquant-work"])
    let work = directory.path("out.skyquant-work")
    #expect(try FileManager.default.contentsOfDirectory(atPath: work).sorted() == ["output", "run"])
    let mode = try FileManager.default.attributesOfItem(atPath: work)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o700)
    try writer.commit()
    #expect(try directory.names() == ["out"])
  }

  @Test func theMarkerNamesTheRunAndProvesItself() throws {
    let folder = try WorkFolder(for: directory.path("out"), making: .file)
    let text = String(decoding: try readFile(directory.path("out.skyquant-work/run"), limit: 200), as: UTF8.self)
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.map(\.[0]) == ["skyquant-work", "run", "pid", "since", "sha256"])
    #expect(lines[1][1] == folder.runID && lines[2][1] == "\(ProcessInfo.processInfo.processIdentifier)")
    let since = try #require(Int(lines[3][1]))
    #expect(
      text
        == HandmadeWorkFolder.marker(
          pid: Int(ProcessInfo.processInfo.processIdentifier), since: since, id: folder.runID))
  }

  @Test(arguments: ["file", "empty directory", "directory", "link", "dangling link", "FIFO"])
  func whatHasTheFoldersNameIsNeitherTakenNorTouched(kind: String) throws {
    let place = directory.path("out.skyquant-work")
    let files = FileManager.default
    switch kind {
    case "file": try directory.write("mine", to: "out.skyquant-work")
    case "directory": try directory.write("mine", to: "out.skyquant-work/output/config.json")
    case "empty directory": try files.createDirectory(atPath: place, withIntermediateDirectories: false)
    case "link":
      try HandmadeWorkFolder.make(for: "elsewhere", in: directory)
      try files.createSymbolicLink(atPath: place, withDestinationPath: "elsewhere.skyquant-work")
    case "dangling link": try files.createSymbolicLink(atPath: place, withDestinationPath: "nowhere")
    default: #expect(unsafe mkfifo(place, 0o644) == 0)
    }
    try expectRefusal(.notAWorkFolder(path: place))
  }

  @Test(arguments: ["", "4711", "a link", "a FIFO", "a directory"])
  func aFolderWithoutAMarkerIsNotOurs(marker: String) throws {
    try HandmadeWorkFolder.make(for: "out", in: directory, ["output": "half"])
    let run = directory.path("out.skyquant-work/run")
    let files = FileManager.default
    try files.removeItem(atPath: run)
    switch marker {
    case "a link":
      try directory.write(HandmadeWorkFolder.marker(), to: "marker")
      try files.createSymbolicLink(atPath: run, withDestinationPath: "../marker")
    case "a FIFO": #expect(unsafe mkfifo(run, 0o644) == 0)
    case "a directory": try files.createDirectory(atPath: run, withIntermediateDirectories: false)
    default: try directory.write(marker, to: "out.skyquant-work/run")
    }
    try expectRefusal(.notAWorkFolder(path: directory.path("out.skyquant-work")))
  }

  @Test func aFlippedBitAnywhereInTheMarkerProvesNothing() throws {
    let marker = Array(HandmadeWorkFolder.marker().utf8)
    try HandmadeWorkFolder.make(for: "out", in: directory)
    for position in marker.indices {
      var changed = marker
      changed[position] ^= 1 << UInt8(position % 8)
      try directory.write(changed, to: "out.skyquant-work/run")
      #expect(throws: StorageError.notAWorkFolder(path: directory.path("out.skyquant-work"))) {
        _ = try WorkFolder(for: directory.path("out"), making: .file, overwriting: true)
      }
      #expect(try readFile(directory.path("out.skyquant-work/run"), limit: 200) == changed)
    }
  }

  @Test(arguments: ["notes.txt", "output/pictures/1.png", "resume/1", "replaced", "out.lock", "run.bak"])
  func whatNoRunHasPutIntoAFolderOfOursStopsTheRunAndStays(name: String) throws {
    try HandmadeWorkFolder.make(for: "out", in: directory, [name: "mine"])
    let refused = name.hasPrefix("output/") ? "output/pictures" : name.replacing("/1", with: "")
    try expectRefusal(.foreign(path: directory.path("out.skyquant-work/" + refused)))
  }

  @Test func whatAKilledRunLeftIsNoObstacle() throws {
    try HandmadeWorkFolder.make(for: "out", in: directory, ["output": "half"])
    try AtomicFileWriter(path: directory.path("out")).commit()
    #expect(try readFile(directory.path("out"), limit: 100).isEmpty)

    try HandmadeWorkFolder.make(for: "model", in: directory, ["output/config.json": "half", "resume.new": "half"])
    var staged = try StagedDirectory(path: directory.path("model"))
    try staged.write(Array("{}".utf8), to: "config.json")
    try staged.commit()
    #expect(try directory.names() == ["model", "out"])
    #expect(try readFile(directory.path("model/config.json"), limit: 100) == Array("{}".utf8))
  }

  @Test func aFolderThatIsKilledBeforeItHasItsNameIsSweptAwayByTheNextRun() throws {
    let named = HandmadeWorkFolder.temporaryName(for: "out")
    try directory.write(HandmadeWorkFolder.marker(), to: named + "/run")
    try directory.write("half", to: named + "/output/model.safetensors")
    let empty = HandmadeWorkFolder.temporaryName(for: "out", random: "00000001")
    try FileManager.default.createDirectory(atPath: directory.path(empty), withIntermediateDirectories: false)
    let begun = HandmadeWorkFolder.temporaryName(for: "out", random: "00000002")
    try directory.write(String(HandmadeWorkFolder.marker().dropLast(7)), to: begun + "/run")
    try AtomicFileWriter(path: directory.path("out")).commit()
    #expect(try directory.names() == ["out"])
  }

  @Test func namesThatOnlyLookLikeAFoldersOwnAreLeftAlone() throws {
    let named = HandmadeWorkFolder.temporaryName(for: "out")
    let other = HandmadeWorkFolder.temporaryName(for: "other")
    let kept = [
      String(named.dropLast()) + (named.hasSuffix("0") ? "1" : "0"), "out.skyquant-work.old", "out.skyquant-work.",
      other,
      "out.partial", "out.lock", "out.journal", "out.resume", "out.replaced",
    ]
    for name in kept {
      try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: false)
    }
    // Ours by its name, but somebody has put something in it.
    try directory.write(HandmadeWorkFolder.marker(), to: named + "/run")
    try directory.write("mine", to: named + "/notes.txt")
    let before = try DirectorySnapshot(directory.path)
    do { _ = try AtomicFileWriter(path: directory.path("out")) }
    #expect(try DirectorySnapshot(directory.path) == before)
  }

  @Test(arguments: ["x.skyquant-work", "dir/x.skyquant-work/", HandmadeWorkFolder.temporaryName(for: "x")])
  func anOutputCannotHaveTheNameOfAWorkFolder(name: String) throws {
    try FileManager.default.createDirectory(atPath: directory.path("dir"), withIntermediateDirectories: false)
    for start in [
      { try requireOutput(directory.path(name), keeping: []) },
      { _ = try AtomicFileWriter(path: directory.path(name)) },
    ] as [() throws -> Void] {
      let error = #expect(throws: StorageError.self) { try start() }
      #expect(error?.category == .cannotCreateOutput)
    }
  }

  @Test func theSecondWriterOfAnOutputIsLockedOutWithThePidOfTheFirst() throws {
    let first = try AtomicFileWriter(path: directory.path("out"))
    for start in starts() {
      let error = #expect(throws: StorageError.self) { try start() }
      #expect(error?.category == .locked)
      #expect("\(try #require(error))".contains("locked by pid \(ProcessInfo.processInfo.processIdentifier) since 20"))
    }
    try first.commit()
    _ = try AtomicFileWriter(path: directory.path("out"), overwriting: true)
  }

  @Test func anOldDirectoryGetsItsNameBackIfARunWasKilledWhileItReplacedIt() throws {
    try HandmadeWorkFolder.make(for: "model", in: directory, ["replaced/a": "old"])
    #expect(throws: StorageError.exists(path: directory.path("model"))) {
      _ = try StagedDirectory(path: directory.path("model"))
    }
    #expect(try readFile(directory.path("model/a"), limit: 10) == Array("old".utf8))
    #expect(try directory.names() == ["model"])
  }

  @Test func anOldDirectoryGoesIfItsSuccessorHasItsName() throws {
    try HandmadeWorkFolder.make(for: "model", in: directory, ["replaced/a": "old"])
    try directory.write("new", to: "model/a")
    try StagedDirectory(path: directory.path("model"), overwriting: true).commit()
    #expect(try directory.names() == ["model"])
    #expect(try DirectoryFiles(path: directory.path("model")).names == [])
  }
}
