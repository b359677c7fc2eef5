import Foundation
import SampleModel
import TestSupport
import Testing

/// No command replaces what it works on, whatever it is told, and none finds out about its output's name after the work.
@Suite struct OutputsTests {
  @Test func theModelIsNotReplacedByItsQuantizedForm() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(replacing: "", with: "")
    let before = try contents(of: copy)
    for out in [copy, copy + "/", copy + "/../" + (copy as NSString).lastPathComponent] {
      let result = try skyquant("quantize", copy, "--method", "rtn", "--out", out, "--force", "--quiet")
      expectError(73, "which this command needs", from: result)
    }
    #expect(try contents(of: copy) == before)
  }

  @Test func calibrationPicturesAreNotReplaced() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let pictures = folder.path("pictures")
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: false)
    let picture = sample.calibrationQuestions.replacing("questions.jsonl", with: "images/0001.png")
    try FileManager.default.copyItem(atPath: picture, toPath: pictures + "/a.png")
    let questions = try folder.write(#"{"image": "pictures/a.png", "question": "q", "answer": "a"}"#, to: "q.jsonl")
    let result = try skyquant(
      "quantize", sample.modelDirectory, "--calibration", questions, "--out", pictures, "--force", "--quiet")
    expectError(73, "a.png", from: result)
    #expect(try FileManager.default.contentsOfDirectory(atPath: pictures) == ["a.png"])
  }

  @Test func theReportIsLookedAtBeforeTheWork() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    try FileManager.default.createDirectory(atPath: folder.path("taken"), withIntermediateDirectories: false)
    func quantize(report: String, _ more: String...) throws -> CommandResult {
      try skyquant(
        arguments: ["quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path("out"), "--quiet"]
          + ["--report", folder.path(report)] + more)
    }
    expectError(73, "already exists", from: try quantize(report: "taken"))
    expectError(73, "cannot create", from: try quantize(report: "missing/report"))
    expectError(73, "which this command needs", from: try quantize(report: "out", "--force"))
    #expect(try folder.names() == ["taken"])
  }

  @Test func theFileThatIsExportedIsNotReplaced() throws {
    let folder = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: folder.path("d"), withIntermediateDirectories: false)
    let packed = folder.path("d/model.skyq")
    expectSuccess(try skyquant("pack", try SampleModel().modelDirectory, packed, "--quiet"))
    let before = try contents(of: folder.path("d"))
    for arguments in [["export", packed, "--out"], ["extract", packed, "--out"]] {
      let result = try skyquant(arguments: arguments + [folder.path("d"), "--force"])
      expectError(73, "model.skyq, which this command needs", from: result)
    }
    #expect(try contents(of: folder.path("d")) == before)
  }

  @Test func aTraceReplacesNoFileUnasked() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(replacing: "", with: "")
    let before = try contents(of: copy)
    func run(trace: String, _ more: [String] = []) throws -> CommandResult {
      try skyquant(arguments: ["run", copy, "--prompt", "The sum", "--max-tokens", "1", "--trace", trace] + more)
    }
    for more in [[], ["--force"]] {
      expectError(73, "which this command needs", from: try run(trace: copy + "/config.json", more))
    }
    #expect(try contents(of: copy) == before)
    expectError(73, "cannot create", from: try run(trace: folder.path("missing/trace.safetensors")))
    let trace = folder.path("trace.safetensors")
    expectSuccess(try run(trace: trace))
    expectError(73, "already exists", from: try run(trace: trace))
    expectSuccess(try run(trace: trace, ["--force"]))
  }

  /// All files of a directory by name.
  private func contents(of path: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return Dictionary(
      uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: path + "/" + $0))) })
  }
}
