// The table of `skyquant quantize --report DIR`: what quantization cost each linear, as JSON and CSV.
import AWQ
import JSON
import Storage

/// One row per linear, in the model's order.
struct SensitivityTable {
  let reports: [LinearReport]

  private static let columns = [
    "module", "out_features", "in_features", "method", "scale_rule", "ratio", "output_energy", "error_before",
    "error_after", "share", "largest_input", "outlier_channels", "dead_channels", "zero_groups", "smallest_scales",
    "clamped_weights",
  ]

  /// Checks before the work that the directory `path` can be made.
  /// - Parameter inputs: What must stay as it is.
  /// - Throws: `StorageError`.
  static func require(path: String, overwriting: Bool, keeping inputs: [String]) throws(StorageError) {
    try requireOutput(path, keeping: inputs)
    try StagedDirectory.require(path: path, overwriting: overwriting, resuming: false, byteCount: 0)
  }

  /// Writes `linears.json` and `linears.csv` into the new directory `path`.
  func write(to path: String, overwriting: Bool) throws {
    let directory = try StagedDirectory(path: path, overwriting: overwriting)
    try directory.write(Array(try json.serialized(.pretty)), to: "linears.json")
    try directory.write(Array(csv.utf8), to: "linears.csv")
    try directory.commit()
  }

  var json: JSONValue { ["schema": "skyquant.sensitivity/1", "linears": .array(rows.map(\.json))] }

  var csv: String {
    ([Self.columns.joined(separator: ",")] + rows.map(\.csv)).joined(separator: "\r\n") + "\r\n"
  }

  /// One row per linear.
  var rows: [SensitivityRow] {
    let total = reports.reduce(0) { $0 + $1.relativeError }
    return reports.map { SensitivityRow(report: $0, share: total > 0 ? $0.relativeError / total : 0) }
  }
}

/// What is known of one linear.
struct SensitivityRow {
  let report: LinearReport
  /// The linear's part of the sum of relative errors over all linears.
  let share: Double

  var json: JSONValue {
    [
      "module": .string(report.module), "out_features": .integer(report.outFeatures),
      "in_features": .integer(report.inFeatures), "method": .string(report.method.rawValue),
      "scale_rule": .string(report.rule.rawValue), "ratio": .double(report.ratio),
      "output_energy": .double(report.outputEnergy), "error_before": .double(report.errorBefore),
      "error_after": .double(report.errorAfter), "share": .double(share),
      "largest_input": .double(Double(report.largestInput)),
      "outlier_channels": .array(
        report.outlierChannels.map { ["channel": .integer($0.channel), "ratio": .double(Double($0.ratio))] }),
      "dead_channels": .integer(report.counts.deadChannels), "zero_groups": .integer(report.counts.zeroGroups),
      "smallest_scales": .integer(report.counts.smallestScales),
      "clamped_weights": .integer(report.counts.clampedWeights),
    ]
  }

  /// The same as a line; no field can hold a comma or a quote, since module names are those of the model's layers.
  var csv: String {
    let outliers = report.outlierChannels.map { "\($0.channel):\($0.ratio)" }.joined(separator: " ")
    return "\(report.module),\(report.outFeatures),\(report.inFeatures),\(report.method.rawValue),"
      + "\(report.rule.rawValue),\(report.ratio),\(report.outputEnergy),\(report.errorBefore),\(report.errorAfter),"
      + "\(share),\(report.largestInput),\(outliers),"
      + "\(report.counts.deadChannels),\(report.counts.zeroGroups),\(report.counts.smallestScales),"
      + "\(report.counts.clampedWeights)"
  }
}
