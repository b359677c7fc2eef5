import Basics
import Foundation
import Storage
import Testing
import TestSupport

/// Outputs that would replace what a command reads.
@Suite struct OutputCheckTests {
  @Test(arguments: ["", ".", "..", "/", "a/.", "a/..", "./", "a/../"])
  func aNameThatIsNoneIsRefused(name: String) {
    #expect {
      try requireOutput(name, keeping: [])
    } throws: {
      guard case .cannotCreate = $0 as? StorageError else { return false }
      return true
    }
  }

  @Test(arguments: [
    "model", "model/", "./model", "sub/../model", "link", "model/a.safetensors", "link/a.safetensors", "sub",
  ])
  func whatIsReadCannotBeReplacedUnderAnyName(name: String) throws {
    let folder = try Self.folder()
    let inputs = ["link", "sub/questions.jsonl"].map(folder.path)
    #expect {
      try requireOutput(folder.path(name), keeping: inputs)
    } throws: {
      guard case .replacesInput = $0 as? StorageError else { return false }
      return true
    }
  }

  @Test(arguments: [
    "model-awq", "mod", "model/inside", "model/a.safetensors.bak", "sub/model", "missing/model", "model/directory",
  ])
  func otherNamesAreFree(name: String) throws {
    let folder = try Self.folder()
    try requireOutput(folder.path(name), keeping: ["model", "sub/x", "gone/x"].map(folder.path))
  }

  @Test(arguments: [
    ("model", "model.skyquant-work"), ("model", "model.skyquant-work/questions.jsonl"),
    ("sub/../model", "model.skyquant-work/"),
  ])
  func whatIsReadCannotHaveTheNameOfTheWorkFolderNorLieInIt(output: String, input: String) throws {
    let folder = try Self.folder()
    #expect(throws: StorageError.replacesInput(path: folder.path(output), input: folder.path(input))) {
      try FileManager.default.createDirectory(
        atPath: folder.path("model.skyquant-work"), withIntermediateDirectories: false)
      try requireOutput(folder.path(output), keeping: [folder.path(input)])
    }
  }

  @Test(arguments: ["sub", "sub/new", "sub.skyquant-work", "sub.skyquant-work/x", "."])
  func twoOutputsOfOneCommandShareNoPlace(other: String) throws {
    let folder = try Self.folder()
    try FileManager.default.createDirectory(
      atPath: folder.path("sub.skyquant-work"), withIntermediateDirectories: false)
    let error = #expect(throws: StorageError.self) {
      try requireOutput(folder.path(other), keeping: [], besides: [folder.path("sub")])
    }
    #expect(error?.category == .cannotCreateOutput)
    try requireOutput(folder.path("report"), keeping: [], besides: [folder.path("sub")])
  }

  @Test func whatIsNotThereYetCountsByItsName() throws {
    let folder = try Self.folder()
    #expect(throws: StorageError.replacesInput(path: folder.path("new"), input: folder.path("sub/../new"))) {
      try requireOutput(folder.path("new"), keeping: [folder.path("sub/../new")])
    }
  }

  /// `model/a.safetensors`, `model/directory/`, `sub/` and `link` to `model`.
  private static func folder() throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory()
    let files = FileManager.default
    for name in ["model", "model/directory", "sub"] {
      try files.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
    }
    try Data([1]).write(to: URL(fileURLWithPath: folder.path("model/a.safetensors")))
    try Data([1]).write(to: URL(fileURLWithPath: folder.path("sub/questions.jsonl")))
    try files.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "model")
    return folder
  }
}
