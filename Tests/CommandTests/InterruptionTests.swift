// Ctrl-C and SIGTERM while a model is being quantized, packed or exported.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct InterruptionTests {
  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted run says how to go on, and going on gives the same bytes`(
    signal: Int32
  ) throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let out = folder.path("it's here")
    let arguments = [
      "quantize", sample.modelDirectory, "--calibration", sample.modelDirectory + "/../calibration/questions.jsonl",
      "--checkpoint-every", "0", "--quiet", "--out", out,
    ]
    let interrupted = try skyquant(arguments: arguments) { process in
      // The first secured layer: the run is under way, with three more to come.
      while process.isRunning, !FileManager.default.fileExists(atPath: out + ".skyquant-work/resume") { usleep(1000) }
      kill(process.processIdentifier, signal)
    }
    #expect(interrupted.exitCode == 128 + signal && interrupted.output.isEmpty)
    #expect(interrupted.errors.hasPrefix("interrupted; go on with: ") && interrupted.errors.hasSuffix(" --resume\n"))
    #expect(interrupted.errors.contains("'\(folder.path(#"it'\''s here"#))'"))
    #expect(!FileManager.default.fileExists(atPath: out))
    let again = try skyquant(arguments: arguments)
    #expect(again.exitCode == 73 && again.errors.contains("--resume"))
    #expect(try skyquant(arguments: arguments + ["--resume"]).exitCode == 0)
    let undisturbed = folder.path("undisturbed")
    #expect(try skyquant(arguments: arguments.dropLast() + [undisturbed]).exitCode == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: undisturbed) {
      #expect(FileManager.default.contentsEqual(atPath: undisturbed + "/" + name, andPath: out + "/" + name), "\(name)")
    }
  }
  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted pack says how to go on, and going on gives the same bytes`(
    signal: Int32
  ) throws {
    let folder = try TemporaryDirectory()
    let (model, out) = (try folder.largeModel(), folder.path("model.skyq"))
    let journal = out + ".skyquant-work/journal"
    let interrupted = try interrupt(["pack", model, out, "--quiet"], with: signal) {
      (try? String(contentsOfFile: journal, encoding: .utf8))?.contains("\n0 ") == true
    }
    #expect(interrupted.exitCode == 128 + signal && interrupted.output.isEmpty)
    #expect(interrupted.errors.hasPrefix("interrupted; go on with: ") && interrupted.errors.hasSuffix(" --resume\n"))
    #expect(!FileManager.default.fileExists(atPath: out))
    #expect(try skyquant("pack", model, out, "--quiet", "--resume").exitCode == 0)
    #expect(try skyquant("pack", model, folder.path("undisturbed.skyq"), "--quiet").exitCode == 0)
    #expect(FileManager.default.contentsEqual(atPath: out, andPath: folder.path("undisturbed.skyq")))
    #expect(try folder.names() == ["model", "model.skyq", "undisturbed.skyq"])
  }

  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted run that has secured nothing leaves nothing and says so`(
    signal: Int32
  ) throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let (model, out) = (try folder.largeModel(), folder.path("out"))
    let runs = [
      ["quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--out", out, "--report"]
        + [folder.path("report")],
      ["pack", model, out + ".skyq"],
    ]
    for arguments in runs {
      let begun = (arguments[0] == "pack" ? out + ".skyq" : out) + ".skyquant-work/output"
      let interrupted = try interrupt(arguments + ["--quiet"], with: signal) {
        FileManager.default.fileExists(atPath: begun)
      }
      #expect(interrupted.exitCode == 128 + signal && interrupted.output.isEmpty)
      #expect(interrupted.errors == "interrupted; nothing was written\n")
    }
    #expect(try folder.names() == ["model"])
  }

  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted command that cannot go on leaves nothing`(signal: Int32)
    throws
  {
    let folder = try TemporaryDirectory()
    let (model, packed) = (try folder.largeModel(), folder.path("model.skyq"))
    #expect(try skyquant("pack", model, packed, "--quiet").exitCode == 0)
    let (directory, file) = (folder.path("exported"), folder.path("ballast.safetensors"))
    for arguments in [
      ["export", packed, "--out", directory], ["extract", packed, "--tensor", "ballast.0", "--out", file],
    ] {
      let begun = (arguments.last ?? "") + ".skyquant-work/output"
      let run = try interrupt(arguments + ["--quiet"], with: signal) { FileManager.default.fileExists(atPath: begun) }
      #expect(run.exitCode == 128 + signal && run.output.isEmpty)
      #expect(run.errors == "interrupted; nothing was written\n")
    }
    #expect(try folder.names() == ["model", "model.skyq"])
  }

  /// Runs a command and sends it `signal` when `isTime`.
  private func interrupt(
    _ arguments: [String], with signal: Int32, when isTime: () -> Bool
  ) throws -> CommandResult {
    try skyquant(arguments: arguments) { process in
      while process.isRunning, !isTime() { usleep(1000) }
      kill(process.processIdentifier, signal)
    }
  }
}
