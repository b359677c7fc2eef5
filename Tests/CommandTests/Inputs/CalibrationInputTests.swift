// What a run says of what it was calibrated on, and of questions that cannot be.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct CalibrationInputTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  /// A picture of the sample, by its whole path.
  private let picture: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    picture = sample.directory + "/calibration/images/0000.jpg"
  }

  private func quantize(_ lines: String...) throws -> CommandResult {
    let questions = try folder.write(lines.joined(separator: "\n"), to: "q.jsonl")
    return try skyquant(
      "quantize", sample.modelDirectory, "--calibration", questions, "--method", "rtn", "--force", "--out",
      folder.path("out"), "--quiet")
  }

  /// The warnings of skyquant.json.
  private func recorded() throws -> [String] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("out/skyquant.json")))
    let json = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    return try #require(json["warnings"] as? [String])
  }

  @Test func `what was used is counted`() throws {
    let result = try quantize(
      #"{"image": "\#(picture)", "question": "How many?", "answer": 4}"#, #"{"question": "2 + 2?", "answer": "4"}"#)
    #expect(result.exitCode == 0)
    #expect(result.output.contains("2 samples of q.jsonl, 1 held out; 1 pictures in "), "\(result.output)")
    #expect(
      result.output.contains(" image, ") && result.output.contains(" prompt, ") && result.output.contains(" answer)"))
  }

  @Test(arguments: [
    (#"{"question": "2 + 2?", "answer": "4"}"#, "calibrated without a picture, though the model sees"),
    (#"{"question": "2 + 2?"}"#, "no question has an answer"),
    (#"{"question": "2 + 2?", "answer": "4"}"#, "a single sample: none is kept aside to judge by"),
    (#"{"question": "2 + 2?", "answer": "4"}"#, "tokens are few to calibrate on"),
    (#"{"question": "2 + 2?", "answer": "4", "picture_of": "x"}"#, #"q.jsonl: nothing is made of "picture_of""#),
  ]) func `what good samples have and these have not is said, and recorded`(line: String, warning: String) throws {
    let result = try quantize(line)
    #expect(result.exitCode == 0)
    #expect(result.errors.components(separatedBy: warning).count == 2, "\(result.errors)")
    #expect(try recorded().contains { $0.contains(warning) })
  }

  @Test func `what a verification lacks is said, and is in its report`() throws {
    let questions = try folder.write(#"{"question": "2 + 2?", "hint": "no"}"#, to: "q.jsonl")
    let result = try skyquant(
      "verify", try roundedSample(at: folder.path("rtn")), "--reference", sample.modelDirectory, "--questions",
      questions,
      "--answer-tokens", "0", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let warnings = try #require(json["warnings"] as? [String])
    for (warning, start) in zip(
      warnings, ["q.jsonl: nothing is made of \"hint\"", "verified without a picture", "no question has an answer"])
    {
      #expect(warning.hasPrefix(start) && result.errors.contains(warning))
    }
    #expect(warnings.count == 3)
  }

  @Test func `a folder of pictures is calibrated on, and what is asked is said and recorded`() throws {
    let photos = folder.path("photos")
    try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
    for name in ["a.jpg", "b.jpg"] { try FileManager.default.copyItem(atPath: picture, toPath: photos + "/" + name) }
    let result = try skyquant(
      "quantize", sample.modelDirectory, "--calibration", photos, "--method", "rtn", "--out", folder.path("out"),
      "--quiet")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("2 samples of photos, 1 held out; 2 pictures in "), "\(result.output)")
    let note = "photos: each picture is asked \"Please describe the image in detail.\""
    #expect(result.errors.contains(note))
    #expect(try recorded().contains { $0.contains(note) })
  }

  @Test(arguments: [
    (#"{"image": "nowhere.png", "question": "a?"}"#, 66, "nowhere.png: no such file"),
    (#"{"question": "What does <image> do in HTML?"}"#, 65, "1 <image> placeholders for 0 images"),
    (#"{"question": "What is <IMG_CONTEXT>?"}"#, 65, "the question holds <IMG_CONTEXT>"),
    (#"{"question": "\#(String(repeating: "word ", count: 6000))"}"#, 65, "the model 4096 positions"),
  ]) func `every error about a question has its line, before any weight is read`(
    line: String, code: Int32, problem: String
  ) throws {
    let result = try quantize(#"{"question": "2 + 2?"}"#, "", line)
    #expect(result.exitCode == code)
    #expect(result.errors.hasPrefix("error: \(folder.path("q.jsonl")):3: ") && result.errors.contains(problem))
    #expect(try folder.names() == ["q.jsonl"])
  }

  @Test func `a pipe and an empty folder are no questions, and options are told apart before anything is missing`()
    throws
  {
    for (path, problem) in [
      ("/dev/stdin", "is no plain file"), ("-", "and not from a pipe"), (folder.path, "holds no picture"),
    ] {
      let result = try skyquant("quantize", sample.modelDirectory, "--calibration", path, "--out", folder.path("out"))
      #expect(result.exitCode == 65 && result.errors.contains(problem), "\(result.errors)")
    }
    let misspelt = try skyquant("quantize", sample.modelDirectory, "--calibraton", "q.jsonl", "--out", "x")
    #expect(
      misspelt.exitCode == 64 && misspelt.errors.contains("--calibraton") && misspelt.errors.contains("--calibration"))
    #expect(!misspelt.errors.contains("needs --calibration"))
    let dash = try skyquant("run", sample.modelDirectory, "--question", "-5 + 3 = ?", "--max-tokens", "1")
    #expect(dash.exitCode == 0)
    for option in ["--json", "-q", "--max-tokens"] {
      let forgotten = try skyquant("run", sample.modelDirectory, "--question", option)
      #expect(forgotten.exitCode == 64 && forgotten.errors.contains("looks like an option"), "\(forgotten.errors)")
    }
  }
}
