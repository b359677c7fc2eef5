// Directories inside a model's directory are no part of what is made of it, and that is said.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct LeftOutTests {
  @Test func everyCommandThatMakesAModelNamesTheDirectoriesItLeavesOut() throws {
    let folder = try TemporaryDirectory()
    let model = try folder.copy(of: try SampleModel().modelDirectory, as: "model")
    let awq = folder.path("awq")
    func add(to directory: String) throws {
      for name in ["onnx", "figures", ".cache"] {
        try FileManager.default.createDirectory(atPath: directory + "/" + name, withIntermediateDirectories: false)
        try Data("x".utf8).write(to: URL(fileURLWithPath: directory + "/" + name + "/file"))
      }
    }
    func expectNote(_ path: String, _ arguments: [String]) throws {
      let result = try skyquant(arguments: arguments + ["--quiet"])
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(result.errors == "warning: \(path): not carried along: figures, onnx (directory)\n", "\(arguments)")
    }
    try add(to: model)
    try expectNote(model, ["quantize", model, "--method", "rtn", "--out", awq])
    try add(to: awq)
    try expectNote(awq, ["pack", awq, folder.path("a.skyq")])
    try expectNote(awq, ["import", awq, folder.path("b.skyq")])
    try expectNote(awq, ["export", awq, "--to", "compressed-tensors", "--out", folder.path("ct")])
    let plain = try skyquant("export", folder.path("a.skyq"), "--out", folder.path("back"), "--quiet")
    #expect(plain.exitCode == 0 && plain.errors.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.path("back/onnx")))
  }
}
