// What a stopped run has to tell the one that goes on: which modules stay in 16 bit, and all reports so far.
public import LayerSearch
public import JSON

/// What a run has decided and found so far.
public struct RunNotes: Sendable {
  /// Modules that stay in 16 bit by choice of the run.
  public var kept: [String]
  /// One for each linear that is done.
  public var reports: [LinearReport]
  /// One line each.
  public var warnings: [String]

  /// Notes.
  public init(kept: [String], reports: [LinearReport], warnings: [String]) {
    self.kept = kept
    self.reports = reports
    self.warnings = warnings
  }

  /// What `json` gave; nil for anything else.
  public init?(_ json: JSONValue) {
    guard let kept = json["kept"]?.strings, let warnings = json["warnings"]?.strings,
      let reports = json["reports"]?.arrayValue
    else { return nil }
    self.init(kept: kept, reports: reports.compactMap(LinearReport.init(note:)), warnings: warnings)
    guard self.reports.count == reports.count else { return nil }
  }

  /// The notes for a file.
  public var json: JSONValue {
    [
      "kept": .array(kept.map(JSONValue.string)), "warnings": .array(warnings.map(JSONValue.string)),
      "reports": .array(reports.map(\.note)),
    ]
  }
}

extension JSONValue {
  /// The strings, if this is an array of them.
  fileprivate var strings: [String]? {
    guard let elements = arrayValue else { return nil }
    let strings = elements.compactMap(\.stringValue)
    return strings.count == elements.count ? strings : nil
  }
}
