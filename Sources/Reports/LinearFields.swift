// What is reported of a linear, each value once. JSON and CSV of `--report`, `skyquant.json`, the note that a run leaves
// to the one that goes on, and the line on a terminal are made from this table.
public import Basics
internal import JSON
public import LayerSearch

/// A value that is reported of a linear.
struct LinearField: Sendable {
  /// Its name in JSON, in CSV and in notes.
  let key: String
  /// The value, in all its forms.
  let value: @Sendable (SensitivityRow) -> any FieldValue
  /// Sets the value to what a note says; false if no such value has that note. Nil for what follows from other values.
  let restore: (@Sendable (inout LinearReport, JSONValue) -> Bool)?
  /// What a line on a terminal says of it; nil for what that leaves out.
  let cell: (@Sendable (LinearReport) -> StyledText)?

  /// All of them in order. Meanings: Formats/report.md.
  static let all = [
    LinearField("module", \.module) { "\($0.module)" },
    LinearField("out_features", \.outFeatures),
    LinearField("in_features", \.inFeatures),
    LinearField("method", \.rounding) { "\($0.rounding.rawValue)" },
    LinearField("scale_rule", \.rule),
    LinearField("ratio", \.ratio) { "\($0.scaleText)" },
    LinearField("output_energy", \.outputEnergy),
    LinearField("error_before", \.errorBefore),
    LinearField("error_after", \.errorAfter) {
      "error \($0.percentBefore) -> \("\($0.percentAfter)  gain \($0.gain)", $0.concern)"
    },
    LinearField("share", from: \.share),
    LinearField("largest_input", \.largestInput),
    LinearField("outlier_channels", \.outlierChannels),
    LinearField("dead_channels", \.counts.deadChannels),
    LinearField("zero_groups", \.counts.zeroGroups),
    LinearField("smallest_scales", \.counts.smallestScales),
    LinearField("clamped_weights", \.counts.clampedWeights),
  ]

  /// A value of the report at `path`.
  private init<Value: FieldValue>(
    _ key: String, _ path: any WritableKeyPath<LinearReport, Value> & Sendable,
    cell: (@Sendable (LinearReport) -> StyledText)? = nil
  ) {
    self.key = key
    self.cell = cell
    value = { $0.report[keyPath: path] }
    restore = { report, note in
      guard let value = Value(note: note) else { return false }
      report[keyPath: path] = value
      return true
    }
  }

  /// A value that follows from others.
  private init(_ key: String, from path: any KeyPath<SensitivityRow, some FieldValue> & Sendable) {
    self.key = key
    cell = nil
    value = { $0[keyPath: path] }
    restore = nil
  }
}

extension LayerOutcome {
  /// One line for each linear, for people, as its reports give them.
  public func lines(width: Int?) -> [StyledText] { reports.lines(width: width) }
}

extension [LinearReport] {
  /// One line for each linear, for people. Where there is no room, names begin with `layers.`, which is enough for a
  /// pattern, and scales are left out.
  /// - Parameter width: Columns that there are; nil if nobody knows.
  public func lines(width: Int?) -> [StyledText] {
    let cells = LinearField.all.compactMap(\.cell), isNarrow = (width ?? .max) < LinearReport.fullWidth
    var table = TextTable(columns: cells.map { _ in .left }, dispensable: [2])
    for report in self {
      let row = cells.map { $0(report) }
      table.add(isNarrow ? [StyledText(report.shortName)] + row.dropFirst() : row)
    }
    return table.styledLines(width: width)
  }
}

extension LinearReport {
  /// What lines with whole names may take: a name of 52 characters, and the rest.
  fileprivate static let fullWidth = 110

  /// The module from its layer on.
  fileprivate var shortName: String {
    module.firstRange(of: "layers.").map { String(module[$0.lowerBound...]) } ?? module
  }
}

extension LinearReport {
  /// Everything in it, so that `init(note:)` gives it back bit by bit.
  var note: JSONValue {
    let row = SensitivityRow(report: self, share: 0)
    var object = JSONObject()
    for field in LinearField.all where field.restore != nil { object[field.key] = field.value(row).note }
    return .object(object)
  }

  /// What `note` gave; nil for anything else.
  init?(note: JSONValue) {
    self.init(module: "")
    for field in LinearField.all {
      guard let restore = field.restore else { continue }
      guard let value = note[field.key], restore(&self, value) else { return nil }
    }
  }

  /// The rule that found its scales, and how far it went.
  fileprivate var scaleText: String { rule == .identity ? "-" : "\(rule.rawValue) \(ratio.upTo(2))" }

  /// From this part of the output on an error is worth a look: 4 bits usually leave a few hundredths.
  private static let largeError = 0.1

  /// What stands out on a terminal: a linear that ended worse than plain rounding, and one with a large error.
  fileprivate var concern: TextRole? {
    errorAfter > errorBefore ? .bad : relativeError.squareRoot() >= Self.largeError ? .warning : nil
  }

  /// The errors as shares of the output.
  fileprivate var percentBefore: String { percent(errorBefore) }
  fileprivate var percentAfter: String { percent(errorAfter) }

  private func percent(_ error: Double) -> String {
    Percentage.text((error / outputEnergy).squareRoot(), decimals: 2)
  }

  /// The share of the squared error saved; nothing was to be saved where there was none.
  fileprivate var gain: String { Percentage.text(errorBefore == errorAfter ? 0 : 1 - errorAfter / errorBefore) }
}
