// Where the pictures of a questions file may lie.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct PicturesTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let quantized: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    quantized = try roundedSample(at: folder.path("rtn"))
    for name in ["questions", "elsewhere"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
    }
    for (number, path) in ["questions/a.png", "elsewhere/b.png"].enumerated() {
      try FileManager.default.copyItem(
        atPath: sample.directory + "/evaluation/images/000\(number + 1).png", toPath: folder.path(path))
    }
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("questions/link.png"), withDestinationPath: "../elsewhere/b.png")
  }

  private func verify(_ images: [String], _ more: String...) throws -> CommandResult {
    let lines = images.map { #"{"image": "\#($0)", "question": "What number is this?", "answer": "It is a two."}"# }
    let questions = try folder.write(lines.joined(separator: "\n") + "\n", to: "questions/q.jsonl")
    return try skyquant(
      arguments: [
        "verify", quantized, "--reference", sample.modelDirectory, "--questions", questions,
        "--answer-tokens", "0", "--quiet",
      ] + more)
  }

  @Test func picturesFromElsewhereAreCounted() throws {
    let inside = try verify(["a.png"])
    #expect(inside.exitCode == 0 && !inside.output.contains("pictures from outside"))
    let outside = try verify(["a.png", "../elsewhere/b.png", "link.png", folder.path("elsewhere/b.png")])
    #expect(outside.exitCode == 0)
    #expect(outside.output.contains("pictures from outside the directory of the questions: 3 (--images-root"))
    #expect(try verify(["link.png"], "--json").output.contains(#""pictures_outside": 1"#))
  }

  @Test func aRootConfinesPathsAndLinks() throws {
    for image in ["../elsewhere/b.png", "link.png", folder.path("elsewhere/b.png"), "../questions/../elsewhere/b.png"] {
      expectError(
        65, "lies outside \(folder.path("questions"))",
        from: try verify(["a.png", image], "--images-root", folder.path("questions")))
    }
    expectSuccess(try verify(["a.png", "../questions/a.png"], "--images-root", folder.path("questions")))
    let all = try verify(["a.png", "link.png"], "--images-root", folder.path("questions") + "/..")
    #expect(all.exitCode == 0 && !all.output.contains("pictures from outside"))
    // A directory whose name begins like the root's is another one.
    try FileManager.default.copyItem(atPath: folder.path("elsewhere"), toPath: folder.path("questions2"))
    expectError(
      65, "lies outside", from: try verify(["../questions2/b.png"], "--images-root", folder.path("questions")))
    expectError(66, "no such file", from: try verify(["a.png"], "--images-root", folder.path("absent")))
    #expect(try verify(["a.png"], "--images-root", "").exitCode == 64)
    expectError(66, "no such file", from: try verify(["absent.png"], "--images-root", folder.path("questions")))
  }

  @Test func quantizeIsConfinedBeforeItWorks() throws {
    let questions = try folder.write(
      #"{"image": "../elsewhere/b.png", "question": "What number is this?", "answer": "It is a two."}"#,
      to: "questions/q.jsonl")
    let arguments = [
      "quantize", sample.modelDirectory, "--calibration", questions, "--out", folder.path("out"), "--quiet",
    ]
    let confined = try skyquant(arguments: arguments + ["--images-root", folder.path("questions")])
    expectError(65, "lies outside", from: confined)
    #expect(try folder.names() == ["elsewhere", "questions", "rtn"])
    let free = try skyquant(arguments: arguments)
    #expect(free.exitCode == 0 && free.output.contains("pictures from outside the directory of the questions: 1 "))
  }

  @Test func aPathWithU0000OpensNoOtherFile() throws {
    expectError(
      65, "q.jsonl:2: no file can be called 'a.png\\u{0}.jpg'", from: try verify(["a.png", #"a.png\u0000.jpg"#]))
  }
}
