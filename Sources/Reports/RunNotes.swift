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
    self.init(kept: kept, reports: reports.compactMap(LinearReport.init), warnings: warnings)
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

extension LinearReport {
  /// Everything in it, floats by their bits so that NaN and infinity survive.
  fileprivate var note: JSONValue {
    [
      "module": .string(module), "out": .integer(outFeatures), "in": .integer(inFeatures),
      "method": .string(rounding.rawValue), "rule": .string(rule.rawValue), "ratio": .bits(ratio),
      "output_energy": .bits(outputEnergy), "error_before": .bits(errorBefore), "error_after": .bits(errorAfter),
      "largest_input": .bits(Double(largestInput)),
      "outliers": .array(outlierChannels.map { [.integer($0.channel), .bits(Double($0.ratio))] }),
      "counts": .array(counts.values.map(JSONValue.integer)),
    ]
  }

  /// What `note` gave; nil for anything else.
  fileprivate init?(_ note: JSONValue) {
    guard let module = note["module"]?.stringValue, let out = note["out"]?.intValue, let columns = note["in"]?.intValue,
      let rounding = note["method"]?.stringValue.flatMap(Rounding.init),
      let rule = note["rule"]?.stringValue.flatMap(ScaleRule.init), let ratio = note["ratio"]?.bits,
      let energy = note["output_energy"]?.bits, let before = note["error_before"]?.bits,
      let after = note["error_after"]?.bits, let largest = note["largest_input"]?.bits,
      let outliers = note["outliers"]?.arrayValue,
      let counts = RangeCounts(values: note["counts"]?.arrayValue?.compactMap(\.intValue) ?? [])
    else { return nil }
    self.init(
      module: module, outFeatures: out, inFeatures: columns, rounding: rounding, rule: rule, ratio: ratio,
      outputEnergy: energy, errorBefore: before, errorAfter: after, largestInput: Float(largest),
      outlierChannels: outliers.compactMap(OutlierChannel.init), counts: counts)
  }
}

extension RangeCounts {
  /// The counts in the order of their declaration.
  fileprivate var values: [Int] { [deadChannels, zeroGroups, smallestScales, clampedWeights] }

  /// What `values` gave; nil for anything else.
  fileprivate init?(values: [Int]) {
    guard values.count == 4 else { return nil }
    self.init()
    (deadChannels, zeroGroups, smallestScales, clampedWeights) = (values[0], values[1], values[2], values[3])
  }
}

extension OutlierChannel {
  fileprivate init?(_ note: JSONValue) {
    guard let pair = note.arrayValue, pair.count == 2, let channel = pair[0].intValue, let ratio = pair[1].bits else {
      return nil
    }
    self.init(channel: channel, ratio: Float(ratio))
  }
}

extension JSONValue {
  /// A double by its bits.
  fileprivate static func bits(_ value: Double) -> JSONValue { .string(String(value.bitPattern, radix: 16)) }

  fileprivate var bits: Double? { stringValue.flatMap { UInt64($0, radix: 16) }.map(Double.init(bitPattern:)) }

  fileprivate var strings: [String]? {
    guard let elements = arrayValue else { return nil }
    let strings = elements.compactMap(\.stringValue)
    return strings.count == elements.count ? strings : nil
  }
}
