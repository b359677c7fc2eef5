import Foundation
import SampleModel
import TestSupport
import Testing

/// What is seen of a run while it works.
@Suite struct ProgressTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func quantize(_ model: String) -> [String] {
    [
      "quantize", model, "--calibration", sample.calibrationQuestions, "--group-size", "64", "--method", "rtn", "--out",
      folder.path("out"),
    ]
  }

  /// Everything that a bar's line ever showed.
  private func bars(_ shown: String) -> [Substring] {
    shown.split(whereSeparator: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" }).flatMap {
      $0.split(separator: "\u{1B}[K")
    }
    .filter { $0.contains(" · ") && ($0.contains("█") || $0.contains("░")) }
  }

  @Test(arguments: [40, 80, 120]) func `a bar keeps to the terminal's width`(columns: Int) throws {
    let (shown, result) = try skyquant(arguments: quantize(sample.modelDirectory), on: .errors, columns: columns)
    #expect(result.exitCode == 0)
    let bars = bars(shown)
    #expect(!bars.isEmpty && bars.allSatisfy { $0.count < columns }, "\(bars)")
    let last = shown.split(separator: "\n").last?.components(separatedBy: "\u{1B}[K").last ?? ""
    #expect(!last.contains("█") && !last.contains("░"), "the bar is gone at the end: \(shown)")
  }

  @Test func `an error takes the bar's place`() throws {
    let model = try folder.copy(of: sample.modelDirectory, as: "model")
    // Seen when all weights have been read.
    try overwrite("language_model.model.layers.2.mlp.gate_proj.weight", in: model, at: 10, with: [0x80, 0x7F])
    let (shown, result) = try skyquant(arguments: quantize(model), on: .errors, columns: 80)
    #expect(result.exitCode == 65)
    // At the start of a line: where a bar was, or below what else was told.
    let before = shown[..<(try #require(shown.range(of: "\u{1B}[1;31merror:")).lowerBound)]
    #expect(before.hasSuffix("\u{1B}[K") || before.hasSuffix("\n") || before.hasSuffix("\r\n"), "\(shown)")
  }
}
