// `--memory-limit`: the same bytes with activations on the disk, nothing left over, and a refusal that says what is needed.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct MemoryLimitTests {
  private let folder: TemporaryDirectory
  private let arguments: [String]

  init() throws {
    folder = try TemporaryDirectory()
    let sample = try SampleModel()
    arguments = [
      "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--checkpoint-every", "0",
    ]
  }

  private func quantize(_ out: String, limit: Int? = nil, _ more: String...) -> [String] {
    arguments + (limit.map { ["--memory-limit", "\($0)"] } ?? []) + ["--out", folder.path(out)] + more
  }

  /// The least limit that is not refused, as refusals say, and a little more for what a process varies by.
  private func leastLimit() throws -> Int {
    var limit = 1 << 20
    while true {
      let refused = try skyquant(arguments: quantize("refused", limit: limit))
      guard refused.exitCode != 0 else {
        #expect(refused.errors.contains("; a scratch file of "), "\(refused.errors)")
        return limit
      }
      expectError(71, " of memory are too little: ", from: refused)
      #expect(!FileManager.default.fileExists(atPath: folder.path("refused")))
      let needed = try #require(refused.errors.firstMatch(of: /: ([0-9.]+) MiB are needed/))
      let bytes = Int(try #require(Double(needed.1)) * 1_048_576)
      try #require(bytes > limit)
      limit = bytes + 2 << 20
    }
  }

  @Test func `a limit that activations do not fit into changes no byte, also of a run that is killed and gone on with`()
    throws
  {
    let limit = try leastLimit()
    expectSuccess(try skyquant(arguments: quantize("undisturbed", "--quiet")))
    #expect(try haveSameFiles(folder.path("refused"), folder.path("undisturbed")))
    let work = folder.path("killed.skyquant-work")
    try StoppedRun.kill(quantize("killed", limit: limit, "--quiet")) {
      FileManager.default.fileExists(atPath: work + "/resume")
    }
    #expect(FileManager.default.fileExists(atPath: work + "/scratch"))
    // With a limit or without one.
    try FileManager.default.copyItem(atPath: work, toPath: folder.path("saved"))
    for limit in [limit, nil] {
      let resumed = try skyquant(arguments: quantize("killed", limit: limit, "--resume"))
      expectSuccess(resumed)
      #expect(resumed.errors.contains("going on after ") && resumed.errors.contains("scratch") == (limit != nil))
      #expect(try haveSameFiles(folder.path("killed"), folder.path("undisturbed")))
      #expect(!FileManager.default.fileExists(atPath: work))
      try FileManager.default.removeItem(atPath: folder.path("killed"))
      if limit != nil { try FileManager.default.moveItem(atPath: folder.path("saved"), toPath: work) }
    }
  }

  @Test func `an interrupted run takes its scratch file away and leaves what it can go on with`() throws {
    let limit = try leastLimit(), work = folder.path("out.skyquant-work")
    let interrupted = try skyquant(arguments: quantize("out", limit: limit, "--quiet")) { process in
      while process.isRunning, !FileManager.default.fileExists(atPath: work + "/resume") { usleep(500) }
      kill(process.processIdentifier, SIGINT)
    }
    #expect(interrupted.exitCode == 130 && interrupted.errors.hasSuffix(" --resume\n"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: work).sorted() == ["output", "prepared", "resume", "run"])
  }
}
