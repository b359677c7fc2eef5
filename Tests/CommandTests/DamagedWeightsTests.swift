// Weights that are damaged before a run, or changed during it: the run ends, says where, and writes nothing.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct DamagedWeightsTests {
  private let folder: TemporaryDirectory
  private let model: String
  private let calibration: String

  init() throws {
    folder = try TemporaryDirectory()
    let sample = try SampleModel().modelDirectory
    model = try folder.copy(of: sample, as: "model")
    calibration = sample + "/../calibration/questions.jsonl"
  }

  private static let copied = "vision_model.encoder.layers.1.mlp.fc1.weight"
  private static let linear = "language_model.model.layers.2.mlp.gate_proj.weight"
  /// Infinity and two NaN as BF16.
  private static let broken: [UInt8] = [0x80, 0x7F, 0xC0, 0xFF, 0x81, 0x7F]

  private func quantize(_ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: ["quantize", model, "--method", "rtn", "--quiet", "--out", folder.path("out")] + more)
  }

  @Test func `values that are no numbers end the run with file, tensor, offset and count`() throws {
    try overwrite(Self.copied, in: model, at: 10, with: Self.broken)
    let (file, range) = try place(of: Self.copied, in: model)
    for result in [try quantize(), try skyquant("pack", model, folder.path("model.skyq"), "--quiet")] {
      #expect(result.exitCode == 65 && result.output.isEmpty)
      let expected =
        "\(file.lastPathComponent): tensor '\(Self.copied)': 3 values are NaN or infinite, the first at offset "
        + "\(range.lowerBound + 10)"
      #expect(result.errors.contains(expected) && result.errors.contains("--allow-nonfinite"))
    }
    #expect(try folder.names() == ["model"])
  }

  @Test func `they are copied with a warning if the user wants it`() throws {
    try overwrite(Self.copied, in: model, at: 10, with: Self.broken)
    let result = try quantize("--allow-nonfinite")
    #expect(result.exitCode == 0 && result.errors.contains("warning: "))
    #expect(result.errors.contains("3 values are NaN or infinite"))
    let before = try place(of: Self.copied, in: model), after = try place(of: Self.copied, in: folder.path("out"))
    #expect(try Data(contentsOf: before.file)[before.range] == Data(contentsOf: after.file)[after.range])
    let record = try String(contentsOfFile: folder.path("out/skyquant.json"), encoding: .utf8)
    #expect(record.contains("3 values are NaN or infinite"))
  }

  @Test func `a linear with such values cannot be quantized at all`() throws {
    try overwrite(Self.linear, in: model, at: 10, with: Self.broken)
    #expect(try quantize().exitCode == 65)
    let result = try quantize("--allow-nonfinite")
    #expect(result.exitCode == 65 && result.errors.contains("\(Self.linear): NaN or infinite at row 0, column 5"))
    #expect(
      try quantize("--allow-nonfinite", "--skip", "*layers.2.mlp.gate_proj", "--skip", "*2.mlp.up_proj").exitCode == 0)
  }

  @Test func `a matrix of zeros ends the run, a vector of zeros does not`() throws {
    let bias = "vision_model.encoder.layers.0.attn.proj.bias"
    try overwrite(bias, in: model, with: [UInt8](repeating: 0, count: try place(of: bias, in: model).range.count))
    #expect(try quantize().exitCode == 0)
    let count = try place(of: Self.linear, in: model).range.count
    try overwrite(Self.linear, in: model, with: [UInt8](repeating: 0, count: count))
    let result = try quantize("--force")
    #expect(result.exitCode == 65 && result.errors.contains("tensor '\(Self.linear)': all values are zero"))
    #expect(try quantize("--force", "--allow-nonfinite").exitCode == 0)
  }

  @Test func `a value beyond half precision is warned of`() throws {
    try overwrite(Self.copied, in: model, at: 2, with: [0x80, 0x47])  // 65536
    let result = try quantize()
    #expect(result.exitCode == 0 && result.errors.contains("|x| reaches 65536.0, beyond half precision"))
  }

  @Test func `a norm that half precision cannot hold is not written`() throws {
    let norm = "language_model.model.layers.1.input_layernorm.weight"
    try overwrite(norm, in: model, with: [0x80, 0x47])
    let result = try quantize()
    #expect(result.exitCode == 65 && result.errors.contains("tensor '\(norm)': 65536.0 is beyond half precision"))
  }

  /// Overwrites bytes while the run is under way, and gives the file its old times back.
  private func changedMeanwhile(_ bytes: [UInt8]) throws -> CommandResult {
    let (file, _) = try place(of: Self.copied, in: model)
    var status = stat()
    #expect(unsafe stat(file.path, &status) == 0)
    let arguments = [
      "quantize", model, "--calibration", calibration, "--checkpoint-every", "0", "--quiet", "--out",
      folder.path("out"),
    ]
    return try skyquant(arguments: arguments) { process in
      while process.isRunning, !FileManager.default.fileExists(atPath: folder.path("out.skyquant-work/resume")) {
        usleep(1000)
      }
      try overwrite(Self.copied, in: model, at: 10, with: bytes)
      let times = [status.st_atim, status.st_mtim]
      #expect(unsafe utimensat(AT_FDCWD, file.path, times, 0) == 0)
    }
  }

  @Test func `a shard that changes during the run is noticed though size and time are the old ones`() throws {
    let result = try changedMeanwhile([1, 2])
    #expect(result.exitCode == 66 && result.errors.contains("sha256 differs from the one recorded at start"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test func `a shard that is written to without a change does not end the run`() throws {
    let (file, range) = try place(of: Self.copied, in: model)
    let bytes = [UInt8](try Data(contentsOf: file)[range.lowerBound + 10..<range.lowerBound + 12])
    #expect(try changedMeanwhile(bytes).exitCode == 0)
  }
}
