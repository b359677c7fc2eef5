// The table of `skyquant quantize --report DIR`: what quantization cost each linear, as JSON and CSV.
public import LayerSearch
public import JSON

/// One row per linear, in the model's order.
public struct SensitivityTable: Sendable {
  /// What is known of the linears.
  public let reports: [LinearReport]

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
    let names = LinearField.all.map(\.key).joined(separator: ",")
    return ([names] + rows.map(\.csv)).joined(separator: "\r\n") + "\r\n"
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
    var object = JSONObject()
    for field in LinearField.all { object[field.key] = field.value(self).json }
    return .object(object)
  }

  /// The same as a line; no field can hold a comma or a quote, since module names are those of the model's layers.
  public var csv: String { LinearField.all.map { $0.value(self).csv }.joined(separator: ",") }
}
