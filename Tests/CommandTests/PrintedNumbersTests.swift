// What `quantize` prints of each linear, whatever the numbers: held to the report in skyquant.json by Foundation's rounding.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct PrintedNumbersTests {
  private let folder: TemporaryDirectory
  private let model: String
  private let calibration: String

  init() throws {
    folder = try TemporaryDirectory()
    let sample = try SampleModel()
    model = try folder.copy(of: sample.modelDirectory, as: "model")
    calibration = sample.calibrationQuestions
  }

  /// The lines about linears, and the numbers of each in skyquant.json.
  private func quantized() throws -> [(line: String, report: [String: Any])] {
    let result = try skyquant(
      "quantize", model, "--calibration", calibration, "--samples", "4", "--method", "awq", "--out", folder.path("out"))
    expectSuccess(result)
    let record = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("out/skyquant.json"))))
    let linears = try #require((record as? [String: Any])?["linears"] as? [[String: Any]])
    let lines = result.errors.split(separator: "\n").map(String.init).filter { $0.contains("_proj  ") }
    #expect(lines.count == 28 && linears.count == 28)
    return Array(zip(lines, linears))
  }

  /// `4.42 %` and the like as numbers, in the order of the line.
  private func percentages(_ line: String) -> [Double?] {
    let words = line.split(separator: " ")
    return words.indices.filter { words[$0] == "%" && $0 > 0 }.map { Double(words[$0 - 1]) }
  }

  @Test func `errors and gains are rounded, not cut`() throws {
    for (line, report) in try quantized() {
      func number(_ key: String) throws -> Double { try #require(report[key] as? Double) }
      let energy = try number("output_energy"), before = try number("error_before"), after = try number("error_after")
      let expected = [
        String(format: "%.2f", 100 * (before / energy).squareRoot()),
        String(format: "%.2f", 100 * (after / energy).squareRoot()), String(format: "%.0f", 100 * (1 - after / before)),
      ]
      #expect(percentages(line) == expected.map(Double.init), "\(line)")
    }
  }

  /// Weights times 1e-18, as a pruned layer has them, make the error immense against the output.
  @Test func `ratios without bounds are said in words`() throws {
    let tensor = "language_model.model.layers.1.mlp.down_proj.weight"
    let (file, range) = try place(of: tensor, in: model)
    let bytes = [UInt8](try Data(contentsOf: file)[range])
    let scaled = stride(from: 0, to: bytes.count, by: 2).flatMap { index -> [UInt8] in
      let bits = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 24
      let word = (Float(bitPattern: bits) * 1e-18).bitPattern
      return [UInt8(truncatingIfNeeded: word >> 16), UInt8(truncatingIfNeeded: word >> 24)]
    }
    try overwrite(tensor, in: model, with: scaled)
    let line = try #require(try quantized().map(\.line).first { $0.contains("layers.1.mlp.down_proj") })
    #expect(line.contains("error > 1000 % -> > 1000 %"), "\(line)")
  }

  /// The norms make nothing of their input, so that the linears behind them have no output.
  @Test func `where nothing is computed there is no percentage`() throws {
    let config = model + "/config.json"
    try String(contentsOfFile: config, encoding: .utf8).replacing(
      "\"rms_norm_eps\": 1e-06", with: "\"rms_norm_eps\": 1e300"
    )
    .write(toFile: config, atomically: false, encoding: .utf8)
    let behindNorms = ["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"]
    let lines = try quantized().map(\.line).filter { line in behindNorms.contains { line.contains(".\($0)  ") } }
    #expect(lines.count == 20 && lines.allSatisfy { $0.contains("error n/a -> n/a  gain 0 %") }, "\(lines)")
  }
}
