// What `skyquant check` tells.
import Basics
import JSON
import ModelFiles
import Workflows

extension IntegrityCheck.Result {
  /// The result of `check` for programs.
  func json(_ check: IntegrityCheck) -> JSONValue {
    var json: JSONObject = [
      "schema": "skyquant.check/1", "file": .string(check.path), "level": check.isFull ? "full" : "quick",
      "parts": .integer(parts), "bytes": .integer(byteCount), "intact": .bool(problems.isEmpty),
      "problems": .array(problems.map(JSONValue.string)),
    ]
    if !digests.isEmpty { json["digests"] = .array(digests.map(\.json)) }
    return .object(json)
  }

  /// Digests, a line for each problem, and one for the whole.
  func lines(_ check: IntegrityCheck, seconds: Double) -> [String] {
    let speed = ByteCount.text(Int(min(Double(byteCount) / max(seconds, 1e-6), 1e15)))
    let read = byteCount == 0 ? "headers only" : "\(ByteCount.text(byteCount)) read, \(speed)/s"
    let verdict = problems.isEmpty ? "intact" : "\(problems.count) damaged"
    return digests.map { "\($0.sha256)  \($0.name.displayed)" } + problems
      + ["\(check.path.displayed): \(verdict), \(parts) parts, \(read)"]
  }
}
