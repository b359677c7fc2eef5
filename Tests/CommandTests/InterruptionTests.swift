// Ctrl-C and SIGTERM while a model is being quantized.
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
      while process.isRunning, !FileManager.default.fileExists(atPath: out + ".resume") { usleep(1000) }
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
}
