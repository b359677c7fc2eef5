// `--resume` gives the bytes of an undisturbed run, or an error that says what is not as it was.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct ResumedRunTests {
  private let folder: TemporaryDirectory
  init() throws { folder = try TemporaryDirectory() }

  private func replace(_ text: String, by other: String, in file: String) throws {
    let before = try String(contentsOfFile: file, encoding: .utf8)
    let place = try #require(before.range(of: text))
    try before.replacingCharacters(in: place, with: other).write(toFile: file, atomically: false, encoding: .utf8)
  }

  @Test func `a stopped run is only gone on with by one of the same files, settings and samples`() throws {
    let model = try folder.modelCopy(replacing: "", with: "")
    let arguments = try StoppedRun.quantize(model, in: folder)
    let before = try DirectorySnapshot(folder.path("out.skyquant-work/output"))
    let changes = [
      ("config.json", #""rms_norm_eps": 1e-06"#, #""rms_norm_eps": 1e-05"#),
      ("config.json", #""rope_theta": 1000000"#, #""rope_theta": 500000"#),
      ("generation_config.json", "{", #"{"temperature": 0.6,"#), ("tokenizer_config.json", "{", #"{"a": 1,"#),
      ("preprocessor_config.json", "{", #"{"a": 1,"#),
    ]
    for (name, text, other) in changes {
      let file = model + "/" + name
      let original = try Data(contentsOf: URL(fileURLWithPath: file))
      try replace(text, by: other, in: file)
      expectError(73, "'files/\(name)' differs", from: try skyquant(arguments: arguments + ["--resume"]))
      try original.write(to: URL(fileURLWithPath: file))
    }
    try folder.write("mine", to: "model/notes.txt")
    expectError(73, "'files/notes.txt' differs", from: try skyquant(arguments: arguments + ["--resume"]))
    try FileManager.default.removeItem(atPath: model + "/notes.txt")
    for (more, part) in [
      (["--damping", "0.3"], "--damping"), (["--system", "Be brief."], "--system"), (["--no-think"], "--think"),
      (["--group-size", "64"], "--group-size"),
      (["--held-out-every", "2"], "--held-out-every"),
      (["--samples", "7"], "--samples"), (["--skip", "*.0.mlp.down_proj"], "--skip"),
      (["--without", "ranges"], "--without"),
    ] {
      expectError(73, "'\(part)' differs", from: try skyquant(arguments: arguments + more + ["--resume"]))
    }
    #expect(try DirectorySnapshot(folder.path("out.skyquant-work/output")) == before)
    let resumed = try skyquant(arguments: arguments.filter { $0 != "--quiet" } + ["--resume"])
    expectSuccess(resumed)
    #expect(resumed.errors.contains("going on after "))
    expectSuccess(try skyquant(arguments: arguments.dropLast() + [folder.path("undisturbed")]))
    #expect(try haveSameFiles(folder.path("out"), folder.path("undisturbed")))
  }

  @Test func `a flipped bit in the folder of a stopped quantize is an error that names the file`() throws {
    let arguments = try StoppedRun.quantize(try SampleModel().modelDirectory, in: folder)
    let work = folder.path("out.skyquant-work"), saved = folder.path("saved")
    try FileManager.default.moveItem(atPath: work, toPath: saved)
    for name in ["run", "resume", "output/model.safetensors"] {
      let size = try Data(contentsOf: URL(fileURLWithPath: saved + "/" + name)).count
      // Of the shard only what was written before the layer was secured counts, which is most of it.
      for position in [1, size / 7, size / 3, name == "run" ? size - 2 : size / 2] {
        try FileManager.default.copyItem(atPath: saved, toPath: work)
        try flipBit(work + "/" + name, at: position)
        let result = try skyquant(arguments: arguments + ["--resume"])
        #expect([65, 66, 73].contains(result.exitCode), "\(name), byte \(position): \(result.errors)")
        #expect(result.errors.contains(name == "run" ? work : work + "/" + name), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
        try FileManager.default.removeItem(atPath: work)
      }
    }
    // Unchanged it is gone on with, wherever it was copied to and back.
    try FileManager.default.copyItem(atPath: saved, toPath: work)
    let resumed = try skyquant(arguments: arguments.filter { $0 != "--quiet" } + ["--resume"])
    #expect(resumed.exitCode == 0 && resumed.errors.contains("going on after "))
    #expect(try folder.names() == ["out", "saved"])
  }

  @Test(arguments: ["pack", "import"])
  func `a flipped bit in the folder of a stopped pack is an error that names the file`(command: String) throws {
    let model = try folder.largeModel(), out = folder.path("out.skyq")
    let work = out + ".skyquant-work", saved = folder.path("saved")
    try StoppedRun.kill([command, model, out, "--quiet"]) {
      (try? String(contentsOfFile: work + "/journal", encoding: .utf8))?.contains("\n0 ") == true
    }
    try FileManager.default.moveItem(atPath: work, toPath: saved)
    let journal = try Data(contentsOf: URL(fileURLWithPath: saved + "/journal")).count
    let positions = [("run", [3, 139]), ("journal", [0, 110, journal - 2]), ("output", [3, 9000, 1 << 20])]
    for (name, places) in positions {
      for position in places {
        try FileManager.default.moveItem(atPath: saved, toPath: work)
        try flipBit(work + "/" + name, at: position)
        let result = try skyquant(command, model, out, "--quiet", "--resume")
        #expect([65, 66, 73].contains(result.exitCode), "\(name), byte \(position): \(result.errors)")
        #expect(result.errors.contains(name == "run" ? work : work + "/" + name), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: out))
        try flipBit(work + "/" + name, at: position)
        try FileManager.default.moveItem(atPath: work, toPath: saved)
      }
    }
    try FileManager.default.moveItem(atPath: saved, toPath: work)
    expectSuccess(try skyquant(command, model, out, "--quiet", "--resume"))
    expectSuccess(try skyquant("check", out, "--full", "--quiet"))
    #expect(try folder.names() == ["model", "out.skyq"])
  }

  @Test func `a report that was written before the run was killed is kept, another one is not replaced`() throws {
    let arguments = try StoppedRun.quantize(try SampleModel().modelDirectory, in: folder)
    let work = folder.path("out.skyquant-work"), report = folder.path("report")
    try FileManager.default.copyItem(atPath: work, toPath: folder.path("saved"))
    let resume = arguments + ["--resume", "--report", report]
    expectSuccess(try skyquant(arguments: resume))
    let written = try DirectorySnapshot(report)
    // As a kill between report and checkpoint leaves it.
    let undisturbed = folder.path("undisturbed")
    try FileManager.default.moveItem(atPath: folder.path("out"), toPath: undisturbed)
    try FileManager.default.copyItem(atPath: folder.path("saved"), toPath: work)
    expectSuccess(try skyquant(arguments: resume))
    #expect(try DirectorySnapshot(report) == written)
    #expect(try haveSameFiles(folder.path("out"), undisturbed))

    try FileManager.default.removeItem(atPath: folder.path("out"))
    try FileManager.default.copyItem(atPath: folder.path("saved"), toPath: work)
    try folder.write("mine", to: "report/linears.csv")
    let other = try DirectorySnapshot(report)
    expectError(73, "report: already exists", from: try skyquant(arguments: resume))
    #expect(try DirectorySnapshot(report) == other)
    #expect(try folder.names() == ["out.skyquant-work", "report", "saved", "undisturbed"])
    expectSuccess(try skyquant(arguments: resume + ["--force"]))
    #expect(try haveSameFiles(folder.path("out"), undisturbed))
  }
}
