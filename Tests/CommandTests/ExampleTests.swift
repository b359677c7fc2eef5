import Foundation
import SampleModel
import TestSupport
import Testing

/// The example of quantizing from Swift code does what the command does.
@Suite struct ExampleTests {
  @Test func `the example writes the bytes that the command writes`() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    let example = Process()
    example.executableURL = program.deletingLastPathComponent().appendingPathComponent("quantize-example")
    example.arguments = [sample.modelDirectory, sample.calibrationQuestions, folder.path("example")]
    let output = Pipe()
    example.standardOutput = output
    try example.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    example.waitUntilExit()
    #expect(example.terminationStatus == 0, "\(said)")
    #expect(said.contains("layer 3 down: 16 of 16"), "\(said)")
    #expect(said.contains("24 linears in int4, mean KL "), "\(said)")
    expectSuccess(
      try skyquant(
        "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--group-size", "64", "--skip",
        "layers.0.self_attn", "--out", folder.path("command"), "--quiet"))
    #expect(try haveSameFiles(folder.path("example"), folder.path("command")))
  }
}
