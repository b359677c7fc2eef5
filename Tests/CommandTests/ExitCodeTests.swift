// Exit codes and one-line errors: part of the interface.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct ExitCodeTests {
  @Test func aWrongOptionIsAUsageError() throws {
    #expect(try skyquant("inspect", "--no-such-option").exitCode == 64)
    #expect(try skyquant("quantize", "model", "--out", "x", "--group-size", "100").exitCode == 64)
    #expect(try skyquant("verify", "a", "--reference", "b").exitCode == 64)
  }

  @Test func helpIsNoError() throws {
    let result = try skyquant("--help")
    #expect(result.exitCode == 0)
    for command in ["inspect", "quantize", "pack", "export", "verify", "run"] {
      #expect(result.output.contains("  " + command))
      #expect(try skyquant(command, "--help").exitCode == 0)
    }
  }

  @Test func aMissingModelIsMissingInput() throws {
    expectError(66, "no such file", from: try skyquant("inspect", "/nowhere/at/all"))
  }

  @Test func aDirectoryWithoutConfigIsMissingInput() throws {
    let folder = try TemporaryDirectory()
    try folder.write("", to: "model.safetensors")
    expectError(66, "config.json", from: try skyquant("run", folder.path("."), "--prompt", "x"))
  }

  @Test func anUnknownArchitectureIsUnsupported() throws {
    let model = try TemporaryDirectory()
    let copy = try model.modelCopy(replacing: "\"skywork_chat\"", with: "\"mystery_chat\"")
    expectError(69, "mystery_chat", from: try skyquant("run", copy, "--prompt", "x"))
  }

  @Test func anInternLMLanguageModelIsUnsupported() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(replacing: "\"qwen2\"", with: "\"internlm3\"")
    expectError(69, "InternLM", from: try skyquant("run", copy, "--prompt", "x"))
  }

  @Test func variablePositionsAreUnsupported() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(
      replacing: "\"attention_dropout\": 0.0", with: "\"rope_pos_id_version\": \"v2pe_rnd\"")
    expectError(69, "V2PE", from: try skyquant("run", copy, "--prompt", "x"))
  }

  @Test func pickleShardsAreRefusedByName() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(replacing: "", with: "")
    for name in try FileManager.default.contentsOfDirectory(atPath: copy) where name.contains("safetensors") {
      try FileManager.default.removeItem(atPath: copy + "/" + name)
    }
    try Data([0x80, 2]).write(to: URL(fileURLWithPath: copy + "/pytorch_model.bin"))
    expectError(69, "pickle", from: try skyquant("inspect", copy))
  }

  @Test func whatIsWrongInASmallFileNamesTheModel() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(replacing: "", with: "")
    func run(with text: String, in name: String) throws -> CommandResult {
      let kept = try Data(contentsOf: URL(fileURLWithPath: copy + "/" + name))
      defer { try? kept.write(to: URL(fileURLWithPath: copy + "/" + name)) }
      try text.write(toFile: copy + "/" + name, atomically: false, encoding: .utf8)
      return try skyquant("run", copy, "--prompt", "2 +", "--max-tokens", "1")
    }
    expectError(65, copy + ": tokenizer.json: ", from: try run(with: "{", in: "tokenizer.json"))
    expectError(65, copy + ": config.json: ", from: try run(with: "{", in: "config.json"))
    expectError(65, copy + ": config.json: ", from: try run(with: "{}", in: "config.json"))
  }

  @Test func aCutShardIsMalformed() throws {
    let folder = try TemporaryDirectory()
    let copy = try folder.modelCopy(replacing: "", with: "")
    let shard = URL(fileURLWithPath: copy + "/model-00002-of-00003.safetensors")
    try Data(contentsOf: shard).dropLast(100).write(to: shard)
    expectError(65, "model-00002-of-00003.safetensors", from: try skyquant("inspect", copy))
  }

  @Test func anExistingOutputIsNotTouched() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: false)
    try "mine".write(toFile: folder.path("out/note"), atomically: false, encoding: .utf8)
    let result = try skyquant(
      "quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path("out"), "--quiet")
    expectError(73, "already exists", from: result)
    #expect(try String(contentsOfFile: folder.path("out/note"), encoding: .utf8) == "mine")
    #expect(try folder.names() == ["out"])
  }

  @Test func aSecondRunOnOneOutputIsLockedOut() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let quantize = ["quantize", sample.modelDirectory, "--out", folder.path("out"), "--quiet"]
    let first = try skyquant(arguments: quantize + ["--calibration", sample.calibrationQuestions]) { process in
      let run = folder.path("out.skyquant-work/run")
      while process.isRunning, !FileManager.default.fileExists(atPath: run) { usleep(1000) }
      kill(process.processIdentifier, SIGSTOP)
      for more in [[], ["--force"], ["--resume"]] {
        let second = try skyquant(arguments: quantize + ["--method", "rtn"] + more)
        expectError(75, "out: locked by pid \(process.processIdentifier) since 20", from: second)
      }
      kill(process.processIdentifier, SIGCONT)
    }
    expectSuccess(first)
    #expect(try folder.names() == ["out"])
  }

  @Test func aBadQuestionNamesItsLine() throws {
    let folder = try TemporaryDirectory()
    let file = try folder.write("{\"question\": \"a\"}\n{\"question\": 3}\n", to: "q.jsonl")
    let result = try skyquant(
      "quantize", try SampleModel().modelDirectory, "--calibration", file, "--out", folder.path("out"), "--quiet")
    expectError(65, "q.jsonl:2", from: result)
    #expect(try folder.names() == ["q.jsonl"])
  }
}
