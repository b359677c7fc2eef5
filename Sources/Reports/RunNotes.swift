// What a stopped run has to tell the one that goes on: which linears have more bits than others, and all reports so far.
public import LayerSearch
public import JSON

/// What a run has decided and found so far.
public struct RunNotes: Sendable {
  /// Linears that have more bits than the others by choice of the run.
  public var raised: RaisedLinears
  /// One for each linear that is done.
  public var reports: [LinearReport]
  /// One for each linear outside the layers that was fitted.
  public var outside: [LinearReport]
  /// One line each.
  public var warnings: [String]

  /// Notes.
  public init(raised: RaisedLinears, reports: [LinearReport], outside: [LinearReport] = [], warnings: [String]) {
    self.raised = raised
    self.reports = reports
    self.outside = outside
    self.warnings = warnings
  }

  /// What `json` gave; nil for anything else.
  public init?(_ json: JSONValue) {
    guard let kept = json["kept"]?.strings, let warnings = json["warnings"]?.strings,
      let reports = json["reports"]?.arrayValue, let eight = json["raised_to_int8"]?.strings
    else { return nil }
    let raised = RaisedLinears(eightBit: Set(eight), sixteenBit: Set(kept))
    let outside = json["outside"]?.arrayValue ?? []
    self.init(
      raised: raised, reports: reports.compactMap(LinearReport.init(note:)),
      outside: outside.compactMap(LinearReport.init(note:)), warnings: warnings)
    guard self.reports.count == reports.count, self.outside.count == outside.count else { return nil }
  }

  /// The notes for a file.
  public var json: JSONValue {
    [
      "kept": raised.sixteenBit.sortedJSON, "raised_to_int8": raised.eightBit.sortedJSON,
      "warnings": .array(warnings.map(JSONValue.string)),
      "reports": .array(reports.map(\.note)), "outside": .array(outside.map(\.note)),
    ]
  }
}

extension Set<String> {
  /// Its elements in order.
  var sortedJSON: JSONValue { .array(sorted().map(JSONValue.string)) }
}

extension JSONValue {
  /// The strings, if this is an array of them.
  fileprivate var strings: [String]? {
    guard let elements = arrayValue else { return nil }
    let strings = elements.compactMap(\.stringValue)
    return strings.count == elements.count ? strings : nil
  }
}
