// What `export --to gguf` tells of the files that it has written.
import Basics
import GGUFExport
import JSON

extension GGUFExportReport {
  /// For programs.
  func json(_ options: GGUFOptions) -> JSONObject {
    var result: JSONObject = [
      "bytes": .integer(byteCount),
      "files": .array(
        files.map {
          ["name": .string($0.name), "bytes": .integer($0.byteCount), "tensors": .integer($0.tensorCount)]
        }), "largest_shift": .double(Double(largestShift)),
    ]
    if q4KWeightCount > 0 { result["largest_added_error"] = .double(largestAddedError) }
    if let visionError {
      result["mmproj"] = [
        "type": .string(options.mmproj.rawValue), "position": .string(options.positions.rawValue),
        "relative_error": .double(visionError),
      ]
    }
    result["losses"] = .array(losses.map(JSONValue.string))
    return result
  }

  /// For people, and what has no place in the files.
  func lines(_ options: GGUFOptions) -> [String] {
    let names = files.count > 1 ? files.map { "  \($0.name.displayed): \(ByteCount.text($0.byteCount))" } : []
    let left = losses + ["skyquant.json and other files of the directory"]
    return names + linearLines + [visionLine(options)].compactMap(\.self)
      + ["not carried over: \(left.joined(separator: "; "))"]
  }

  private var linearLines: [String] {
    let q4K =
      "\(q4KWeightCount) weights as Q4_K, 4.5 bits each: codes as they were; scales and offsets as multiples of 6 bits "
      + "add up to \(Percentage.text(largestAddedError, decimals: 2)) to a linear's error of rounding"
    let q41 =
      "\(q41WeightCount) weights as Q4_1, 5 bits each: codes and scales as they were; offsets in half precision shift "
      + "a group by up to \(largestShift) of a step"
    return (q4KWeightCount > 0 ? [q4K] : []) + (q41WeightCount > 0 || q4KWeightCount == 0 ? [q41] : [])
  }

  private func visionLine(_ options: GGUFOptions) -> String? {
    visionError.map { error in
      "vision tower and projector as \(options.mmproj.rawValue.uppercased()): rounding takes \(error.short) of their "
        + "norm; \(options.positions.text)"
    }
  }
}

extension GGUFOptions.PositionLayout {
  /// Who looks for the positions where they stand now.
  fileprivate var text: String {
    switch self {
    case .llamaCpp: "positions in the order in which llama.cpp adds them"
    case .huggingFace: "positions in the checkpoint's order, which llama.cpp adds to the wrong tokens"
    }
  }
}
