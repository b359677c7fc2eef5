// Runs that are killed when they have secured some of their work.
import Foundation
import SampleModel
import TestSupport
import Testing

enum StoppedRun {
  /// `quantize` of a model into `out`, killed after its first secured layer.
  static func quantize(_ model: String, in folder: TemporaryDirectory) throws -> [String] {
    let arguments = [
      "quantize", model, "--calibration", try SampleModel().calibrationQuestions, "--samples", "8",
      "--checkpoint-every", "0", "--quiet", "--out", folder.path("out"),
    ]
    try kill(arguments) { FileManager.default.fileExists(atPath: folder.path("out.skyquant-work/resume")) }
    return arguments
  }

  /// Runs a command and kills it when `isTime`.
  static func kill(_ arguments: [String], when isTime: () -> Bool) throws {
    _ = try skyquant(arguments: arguments) { process in
      while process.isRunning, !isTime() { usleep(500) }
      Glibc.kill(process.processIdentifier, SIGKILL)
    }
  }
}

/// Flips one bit of the byte `position` of a file, in place.
func flipBit(_ file: String, at position: Int) throws {
  let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
  try handle.seek(toOffset: UInt64(position))
  let byte = try handle.read(upToCount: 1)?.first ?? 0
  try handle.seek(toOffset: UInt64(position))
  try handle.write(contentsOf: [byte ^ 1 << UInt8(position % 8)])
  try handle.close()
}

extension TemporaryDirectory {
  /// The plainly rounded sample as `model`, with so much ballast that it takes a while to write, one part after another:
  /// vectors of zeros, which need no room.
  func largeModel(ballast: Int = 3, byteCount: Int = 192 << 20) throws -> String {
    let model = path("model")
    expectSuccess(
      try skyquant("quantize", try SampleModel().modelDirectory, "--method", "rtn", "--out", model, "--quiet"))
    let file = URL(fileURLWithPath: model + "/model.safetensors")
    let bytes = try Data(contentsOf: file)
    let size = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + size]) as? [String: Any])
    let data = bytes[(8 + size)...]
    for index in 0..<ballast {
      let start = data.count + index * byteCount
      header["ballast.\(index)"] = [
        "dtype": "BF16", "shape": [byteCount / 2], "data_offsets": [start, start + byteCount],
      ]
    }
    let json = try JSONSerialization.data(withJSONObject: header)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    try (Data(length) + json + data).write(to: file)
    try FileHandle(forUpdating: file).truncate(atOffset: UInt64(8 + json.count + data.count + ballast * byteCount))
    return model
  }
}
