// A report of `verify` that goes into a .skyq file beside the model it is about.
internal import JSON
internal import Storage

/// Reads reports to be packed.
enum EvaluationReport {
  private static let byteLimit = 64 << 20

  /// The report in the file `path`, as `skyquant verify --json` printed it, under the file's name. Of the paths of its
  /// models only the last parts are kept: what is written names no place of this machine.
  /// - Throws: `StorageError`; `WorkflowError.notAnEvaluation`.
  static func read(_ path: String) throws -> (name: String, report: JSONValue) {
    let bytes = try readFile(path, limit: byteLimit)
    guard var report = (try? JSONValue(parsing: bytes))?.objectValue, report["schema"] == "skyquant.verify/1" else {
      throw WorkflowError.notAnEvaluation(path: path)
    }
    for key in ["quantized", "reference"] {
      if let model = report[key]?.stringValue { report[key] = .string(lastPart(model)) }
    }
    return (lastPart(path), .object(report))
  }

  private static func lastPart(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
