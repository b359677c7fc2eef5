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

  /// What earlier versions, and other programs, put beside their outputs.
  private static let suffixes = [".partial", ".lock", ".journal", ".resume", ".replaced", ".skyquant-work.old", ".tmp"]

  @Test(arguments: suffixes) func whatLiesBesideAnOutputIsNeitherReadForOursNorTouched(suffix: String) throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    // A source and questions of such names, and something that has nothing to do with us.
    let model = folder.path("m" + suffix), questions = folder.path("q" + suffix)
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: model)
    try folder.write(#"{"text": "What number is this?"}"#, to: "q" + suffix)
    for name in ["uv" + suffix, "x.skyq" + suffix, "back" + suffix, "one.safetensors" + suffix] {
      try folder.write("theirs", to: name)
    }
    let kept = try folder.names()
    let before = try DirectorySnapshot(folder.path)
    func run(_ arguments: String...) throws { expectSuccess(try skyquant(arguments: arguments)) }
    try run("quantize", model, "--method", "rtn", "--out", folder.path("m"), "--quiet")
    try run(
      "quantize", model, "--calibration", questions, "--method", "rtn", "--out", folder.path("q"), "--report",
      folder.path("uv"), "--quiet")
    try run("quantize", model, "--method", "rtn", "--out", folder.path("m"), "--force", "--quiet")
    try run("pack", folder.path("m"), folder.path("x.skyq"), "--quiet")
    try run("export", folder.path("x.skyq"), "--out", folder.path("back"), "--quiet")
    try run(
      "extract", folder.path("x.skyq"), "--tensor", "mlp1.0.weight", "--out", folder.path("one.safetensors"))
    for made in ["m", "q", "uv", "x.skyq", "back", "one.safetensors"] {
      try FileManager.default.removeItem(atPath: folder.path(made))
    }
    #expect(try folder.names() == kept)
    #expect(try DirectorySnapshot(folder.path) == before)
  }

  @Test func whatIsReadFromThePlaceOfTheWorkFolderIsNotTouched() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let model = folder.path("m.skyquant-work"), questions = folder.path("q.skyquant-work")
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: model)
    try folder.write(#"{"text": "What number is this?"}"#, to: "q.skyquant-work")
    let before = try DirectorySnapshot(folder.path)
    for more in [[], ["--force"], ["--resume"], ["--force", "--resume"]] {
      let quantize = ["quantize", sample.modelDirectory, "--method", "rtn", "--quiet"] + more
      expectError(
        73, "m.skyquant-work, which this command needs",
        from: try skyquant(
          arguments: ["quantize", model, "--method", "rtn", "--quiet", "--out", folder.path("m")] + more))
      expectError(
        73, "q.skyquant-work, which this command needs",
        from: try skyquant(arguments: quantize + ["--calibration", questions, "--out", folder.path("q")]))
      expectError(
        73, "nothing in it proves that skyquant made it",
        from: try skyquant(arguments: quantize + ["--out", folder.path("q")]))
      expectError(
        73, "m.skyquant-work",
        from: try skyquant(arguments: quantize + ["--out", folder.path("x"), "--report", folder.path("m")]))
    }
    #expect(try DirectorySnapshot(folder.path) == before)
  }

  @Test func aLinkInThePlaceOfTheWorkFolderIsNotFollowed() throws {
    let folder = try TemporaryDirectory()
    let target = try folder.write("theirs", to: "theirs/notes.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("o.skyquant-work"), withDestinationPath: folder.path("theirs"))
    for more in [[], ["--force"], ["--resume"]] {
      let result = try skyquant(
        arguments: ["quantize", try SampleModel().modelDirectory, "--method", "rtn", "--out", folder.path("o")] + more)
      expectError(73, "o.skyquant-work: is in the way", from: result)
    }
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "theirs")
    #expect(try folder.names() == ["o.skyquant-work", "theirs"])
  }

  @Test func aRaceForOneOutputHasOneWinnerAndLeavesNothingElse() throws {
    let folder = try TemporaryDirectory()
    let model = try SampleModel().modelDirectory, out = folder.path("x.skyq")
    // Each starts the next one before it is waited for.
    func race(_ runners: Int) throws -> [CommandResult] {
      var later: [CommandResult] = []
      let first = try skyquant(arguments: ["pack", model, out, "--quiet"]) { _ in
        if runners > 1 { later = try race(runners - 1) }
      }
      return [first] + later
    }
    let results = try race(12)
    #expect(results.count { $0.exitCode == 0 } == 1)
    for loser in results where loser.exitCode != 0 {
      #expect([73, 75].contains(loser.exitCode), "\(loser.errors)")
      #expect(loser.errors.contains("already exists") || loser.errors.contains("locked by"), "\(loser.errors)")
    }
    #expect(try folder.names() == ["x.skyq"])
    expectSuccess(try skyquant("check", out, "--full", "--quiet"))
  }

  @Test func outputsOfAPrivateModelArePrivate() throws {
    let folder = try TemporaryDirectory()
    let model = try folder.modelCopy(replacing: "", with: "")
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: model)
    func run(_ arguments: String...) throws { expectSuccess(try skyquant(arguments: arguments)) }
    let (awq, packed) = (folder.path("awq"), folder.path("x.skyq"))
    try run("quantize", model, "--method", "rtn", "--out", awq, "--report", folder.path("report"), "--quiet")
    try run("pack", awq, packed, "--quiet")
    try run("export", packed, "--out", folder.path("back"), "--quiet")
    try run("extract", packed, "--out", folder.path("small"))
    try run("extract", packed, "--tensor", "mlp1.0.weight", "--out", folder.path("one.safetensors"))
    try run("inspect", packed, "--dump-weights", folder.path("dump.safetensors"))
    try run("run", packed, "--prompt", "The", "--max-tokens", "1", "--trace", folder.path("trace.safetensors"))
    for name in try files.subpathsOfDirectory(atPath: folder.path) where !name.hasPrefix("model") {
      let attributes = try files.attributesOfItem(atPath: folder.path(name))
      let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
      #expect(mode & 0o077 == 0, "\(name) has mode \(String(mode, radix: 8))")
    }
  }

  @Test func roomIsAskedForBeforeTheWork() throws {
    let folder = try TemporaryDirectory()
    // 4 TiB of zeros, which need no room here and would need it in any output.
    let model = try folder.largeModel(ballast: 1, byteCount: 4 << 40)
    let before = try folder.names()
    for arguments in [
      ["pack", model, folder.path("x.skyq")], ["import", model, folder.path("x.skyq")],
      ["export", model, "--out", folder.path("x")],
      ["export", model, "--to", "compressed-tensors", "--out", folder.path("x")],
    ] {
      expectError(73, "bytes are needed", from: try skyquant(arguments: arguments + ["--quiet"]))
    }
    #expect(try folder.names() == before)
  }

  @Test(arguments: [1, 64, 4096]) func aLimitOnTheSizeOfFilesIsNamed(kibibytes: Int) throws {
    let folder = try TemporaryDirectory()
    let model = try folder.modelCopy(replacing: "", with: "")
    for arguments in [
      ["quantize", model, "--method", "rtn", "--out", folder.path("x"), "--quiet"],
      ["pack", model, folder.path("x.skyq"), "--quiet"],
      ["export", model, "--out", folder.path("x"), "--quiet"],
    ] {
      let result = try skyquant(arguments: arguments, fileSizeLimit: kibibytes * 1024)
      expectError(73, "(`ulimit -f`) is \(kibibytes * 1024) bytes", from: result)
    }
    #expect(try folder.names() == ["model"])
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
