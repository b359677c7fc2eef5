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
  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted pack says how to go on, and going on gives the same bytes`(
    signal: Int32
  ) throws {
    let folder = try TemporaryDirectory()
    let (model, out) = (try largeModel(in: folder), folder.path("model.skyq"))
    let interrupted = try interrupt("pack", model, out, "--quiet", with: signal, atFile: out + ".partial")
    #expect(interrupted.exitCode == 128 + signal && interrupted.output.isEmpty)
    #expect(interrupted.errors.hasPrefix("interrupted; go on with: ") && interrupted.errors.hasSuffix(" --resume\n"))
    #expect(!FileManager.default.fileExists(atPath: out))
    #expect(try skyquant("pack", model, out, "--quiet", "--resume").exitCode == 0)
    #expect(try skyquant("pack", model, folder.path("undisturbed.skyq"), "--quiet").exitCode == 0)
    #expect(FileManager.default.contentsEqual(atPath: out, andPath: folder.path("undisturbed.skyq")))
    #expect(try folder.names() == ["model", "model.skyq", "undisturbed.skyq"])
  }

  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupted command that cannot go on leaves nothing`(signal: Int32)
    throws
  {
    let folder = try TemporaryDirectory()
    let (model, packed) = (try largeModel(in: folder), folder.path("model.skyq"))
    #expect(try skyquant("pack", model, packed, "--quiet").exitCode == 0)
    let (directory, file) = (folder.path("exported"), folder.path("ballast.safetensors"))
    let runs = [
      try interrupt("export", packed, "--out", directory, "--quiet", with: signal, atFile: directory + ".partial"),
      try interrupt(
        "extract", packed, "--tensor", "ballast", "--out", file, "--quiet", with: signal, atFile: file + ".partial"),
    ]
    for run in runs {
      #expect(run.exitCode == 128 + signal && run.output.isEmpty)
      #expect(run.errors == "interrupted; nothing was written\n")
    }
    #expect(try folder.names() == ["model", "model.skyq"])
  }

  /// Runs a command and sends it `signal` when `file` is there.
  private func interrupt(_ arguments: String..., with signal: Int32, atFile file: String) throws -> CommandResult {
    try skyquant(arguments: arguments) { process in
      while process.isRunning, !FileManager.default.fileExists(atPath: file) { usleep(1000) }
      kill(process.processIdentifier, signal)
    }
  }

  /// The sample with so much ballast that it takes a while to write: a vector of zeros, which needs no room.
  private func largeModel(in folder: TemporaryDirectory) throws -> String {
    let model = folder.path("model"), count = 256 << 20
    try FileManager.default.copyItem(atPath: try SampleModel().modelDirectory, toPath: model)
    let header = #"{"ballast":{"dtype":"BF16","shape":[\#(count)],"data_offsets":[0,\#(2 * count)]}}"#
    let size = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try folder.write(size + Array(header.utf8), to: "model/ballast.safetensors")
    try FileHandle(forUpdating: URL(fileURLWithPath: model + "/ballast.safetensors"))
      .truncate(atOffset: UInt64(8 + header.utf8.count + 2 * count))
    let index = model + "/model.safetensors.index.json"
    let text = try String(contentsOfFile: index, encoding: .utf8)
    let place = try #require(text.range(of: #""weight_map": {"#)).upperBound
    try (text[..<place] + #""ballast": "ballast.safetensors","# + text[place...])
      .write(toFile: index, atomically: false, encoding: .utf8)
    return model
  }
}
