// What `skyquant export` tells of GGUF files.
import Basics
import GGUFExport

extension GGUFExportReport {
  /// What was written to `out`, and what has no place there.
  func lines(_ out: String) -> [String] {
    let losses = losses + ["skyquant.json and other files of the directory"]
    return [
      "wrote \(out.displayed): \(tensorCount) tensors, \(ByteCount.text(byteCount))",
      "\(quantizedWeightCount) weights as Q4_1, 5 bits each: codes and scales as they were; offsets in half "
        + "precision shift a group by up to \(largestShift) of a step",
      "not carried over: \(losses.joined(separator: "; "))",
    ]
  }
}
