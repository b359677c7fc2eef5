// The file in a work folder that holds what memory does not, and what becomes of it.
import Basics
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct ScratchFileTests {
  private let directory: TemporaryDirectory
  private let path: String
  private let scratchPath: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("out")
    scratchPath = path + ".skyquant-work/scratch"
  }

  private var isThere: Bool { FileManager.default.fileExists(atPath: scratchPath) }

  @Test func `floats come back bit by bit from where they were written, and the room is taken at once`() throws {
    let folder = try WorkFolder(for: path, making: .directory)
    let scratch = try folder.makeScratch(capacity: 1000)
    let status = try FileManager.default.attributesOfItem(atPath: scratchPath)
    #expect(status[.size] as? Int == 4000 && (status[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let values: [Float] = [1, -0.0, .nan, .infinity, .leastNonzeroMagnitude]
    try scratch.write(values, at: 995)
    try scratch.write([7], at: 0)
    #expect(try scratch.read(5, at: 995).map(\.bitPattern) == values.map(\.bitPattern))
    #expect(try scratch.read(2, at: 0) == [7, 0])
    #expect(try scratch.read(0, at: 1000) == [])
    #expect(throws: StorageError.changedWhileReading(path: scratchPath)) { try scratch.read(2, at: 999) }
  }

  @Test func `a full disk is told before anything is written`() throws {
    let folder = try WorkFolder(for: path, making: .directory)
    do {
      _ = try folder.makeScratch(capacity: 1 << 58)
      Issue.record("there is no disk of 2^60 bytes")
    } catch {
      #expect(error.category == .cannotCreateOutput, "\(error)")
    }
  }

  @Test func `it goes with the folder`() throws {
    do {
      let folder = try WorkFolder(for: path, making: .directory)
      _ = try folder.makeScratch(capacity: 10)
      #expect(isThere)
    }
    #expect(try directory.names() == [])
    var staged = try StagedDirectory(path: path)
    _ = try staged.folder.makeScratch(capacity: 10)
    try staged.write([1], to: "a")
    try staged.commit()
    #expect(try directory.names() == ["out"])
  }

  @Test func `it goes alone where somebody can go on with the rest`() throws {
    do {
      let staged = try StagedDirectory(path: path)
      _ = try staged.folder.makeScratch(capacity: 10)
      try staged.folder.replaceState { try $0.append([1, 2, 3]) }
    }
    #expect(try directory.names() == ["out.skyquant-work"] && !isThere)
    let left = try FileManager.default.contentsOfDirectory(atPath: path + ".skyquant-work").sorted()
    #expect(left == ["output", "resume", "run"])
  }

  @Test func `what a killed run has left is dropped, and taken for nobody's work`() throws {
    try HandmadeWorkFolder.make(for: "out", in: directory, ["scratch": "half a stream"])
    do {
      let folder = try WorkFolder(for: path, making: .directory, resuming: true)
      let isResumed = folder.isResumed
      #expect(!isResumed && !isThere)
    }
    try HandmadeWorkFolder.make(
      for: "out", in: directory, ["scratch": "half a stream", "resume": "x", "output/a": "b"])
    let folder = try WorkFolder(for: path, making: .directory, resuming: true)
    let isResumed = folder.isResumed
    #expect(isResumed && isThere)
    #expect(try folder.makeScratch(capacity: 2).read(2, at: 0) == [0, 0])
    try folder.dropScratch()
    #expect(!isThere)
  }
}
