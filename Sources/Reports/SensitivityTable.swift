// The table of `skyquant quantize --report DIR`: what quantization cost each linear, as JSON and CSV.
public import LayerSearch
public import JSON

/// One row per linear, in the model's order.
public struct SensitivityTable: Sendable {
  /// What is known of the linears.
  public let reports: [LinearReport]

  private static let columns = [
    "module", "out_features", "in_features", "method", "scale_rule", "ratio", "output_energy", "error_before",
    "error_after", "share", "largest_input", "outlier_channels", "dead_channels", "zero_groups", "smallest_scales",
    "clamped_weights",
  ]

  /// A table of all linears of a run.
  public init(reports: [LinearReport]) { self.reports = reports }

  /// The report's files by name.
  /// - Throws: `JSONError`.
  public var files: [(name: String, bytes: [UInt8])] {
    get throws { [("linears.csv", Array(csv.utf8)), ("linears.json", Array(try json.serialized(.pretty)))] }
  }

  /// The table as one JSON object.
  public var json: JSONValue { ["schema": "skyquant.sensitivity/1", "linears": .array(rows.map(\.json))] }

  /// The same as comma-separated values (RFC 4180), a line of names first.
  public var csv: String {
    ([Self.columns.joined(separator: ",")] + rows.map(\.csv)).joined(separator: "\r\n") + "\r\n"
  }

  /// One row per linear.
  public var rows: [SensitivityRow] {
    let total = reports.reduce(0) { $0 + $1.relativeError }
    return reports.map { SensitivityRow(report: $0, share: total > 0 ? $0.relativeError / total : 0) }
  }
}

/// What is known of one linear.
public struct SensitivityRow: Sendable {
  /// What was reported.
  public let report: LinearReport
  /// The linear's part of the sum of relative errors over all linears.
  public let share: Double

  /// The row as one JSON object.
  public var json: JSONValue {
    [
      "module": .string(report.module), "out_features": .integer(report.outFeatures),
      "in_features": .integer(report.inFeatures), "method": .string(report.rounding.rawValue),
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
  public var csv: String {
    let outliers = report.outlierChannels.map { "\($0.channel):\($0.ratio)" }.joined(separator: " ")
    return "\(report.module),\(report.outFeatures),\(report.inFeatures),\(report.rounding.rawValue),"
      + "\(report.rule.rawValue),\(report.ratio),\(report.outputEnergy),\(report.errorBefore),\(report.errorAfter),"
      + "\(share),\(report.largestInput),\(outliers),"
      + "\(report.counts.deadChannels),\(report.counts.zeroGroups),\(report.counts.smallestScales),"
      + "\(report.counts.clampedWeights)"
  }
}
