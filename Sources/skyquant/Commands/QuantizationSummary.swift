// What `skyquant quantize` tells: a line per linear on the way, a summary and a JSON object at the end.
import Basics
import Calibration
import JSON
import LayerSearch
import ModelFiles
import Quantization
import Tensors

struct QuantizationSummary {
  let source: String
  let destination: String
  let options: QuantizationOptions
  /// Whether the model has a vision tower.
  let seesImages: Bool
  private(set) var reports: [LinearReport] = []
  private(set) var warnings: [String] = []
  /// Modules that `--keep-16bit` left as they were.
  let kept: [String]
  /// The files that the weights come from.
  let sources: [SourceDigest]
  var tokenCount = 0
  var seconds = 0.0

  init(
    source: String, destination: String, options: QuantizationOptions, seesImages: Bool, sources: [SourceDigest],
    kept: [String]
  ) {
    self.source = source
    self.destination = destination
    self.options = options
    self.seesImages = seesImages
    self.sources = sources
    self.kept = kept
  }

  /// What a later run must know to go on.
  var notes: RunNotes { RunNotes(kept: kept, reports: reports, warnings: warnings) }

  /// Takes over what a stopped run has reported.
  mutating func add(_ notes: RunNotes) {
    reports += notes.reports
    warnings += notes.warnings
  }

  mutating func add(warnings: [String]) { self.warnings += warnings }

  mutating func add(_ layer: QuantizedLayer) {
    reports += layer.reports
    warnings += layer.warnings
  }

  /// One line per linear.
  func lines(of layer: QuantizedLayer) -> [String] {
    layer.reports.map { report in
      let ratio = report.rule == .identity ? "-" : "\(report.rule.rawValue) \(report.ratio.upTo(2))"
      let relative = "error \(percent(report.errorBefore, report)) -> \(percent(report.errorAfter, report))"
      return "\(report.module)  \(report.rounding.rawValue)  \(ratio)  \(relative)  gain \(gain(report))"
    }
  }

  /// An error as a share of the output.
  private func percent(_ error: Double, _ report: LinearReport) -> String {
    Percentage.text((error / report.outputEnergy).squareRoot(), decimals: 2)
  }

  /// The share of the squared error saved; nothing was to be saved where there was none.
  private func gain(_ report: LinearReport) -> String {
    Percentage.text(report.errorBefore == report.errorAfter ? 0 : 1 - report.errorAfter / report.errorBefore)
  }

  /// What the run cost, linear by linear.
  var table: SensitivityTable { SensitivityTable(reports: reports) }

  private var keptLine: [String] {
    kept.isEmpty ? [] : ["kept in 16 bit: \(kept.joined(separator: ", "))"]
  }

  /// What the report counts at the borders of number formats, if there is any.
  private var borderLine: [String] {
    let counts = [
      (reports.reduce(0) { $0 + $1.counts.deadChannels }, "input channels without a signal"),
      (reports.reduce(0) { $0 + $1.counts.zeroGroups }, "groups of zeros"),
      (reports.reduce(0) { $0 + $1.counts.smallestScales }, "scales raised to the smallest normal half"),
    ].filter { $0.0 > 0 }
    return counts.isEmpty ? [] : [counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + "; see --report"]
  }

  /// How often each method won.
  private var winners: String {
    Rounding.allCases.compactMap { rounding in
      let count = reports.count { $0.rounding == rounding }
      return count > 0 ? "\(rounding.rawValue) \(count)" : nil
    }.joined(separator: ", ")
  }

  /// What calibration was good for; plain rounding needs none.
  private var gainLine: String {
    guard options.method.needsCalibration else { return "plain rounding, no calibration" }
    let improved = reports.count { $0.rounding != .plain }
    return "\(improved) of \(reports.count) better than plain rounding on held-out tokens; methods that won: \(winners)"
  }

  /// The result on one screen.
  var lines: [String] {
    let written =
      "wrote \(destination.displayed): \(reports.count) linears in int4, group \(options.scheme.groupSize), "
      + "\(options.scheme.bitsPerWeight.upTo(3)) bits per weight in them"
    let next =
      "next: skyquant verify \(destination.displayed) --reference \(source.displayed) "
      + SampleOptions.hint(seesImages: seesImages)
    return [written, gainLine] + keptLine + borderLine
      + ["\(tokenCount) calibration tokens, \(Duration.text(seconds))", next]
  }

  var json: JSONValue {
    [
      "schema": "skyquant.quantize/1", "version": .string(Version.current),
      "method": .string(options.method.name), "group_size": .integer(options.scheme.groupSize),
      "propagate": .string(options.propagation.rawValue), "calibration_tokens": .integer(tokenCount),
      "sources": .array(sources.map(\.json)), "kept_16bit": .array(kept.map(JSONValue.string)),
      "linears": .array(table.rows.map(\.json)),
      "warnings": .array(warnings.map(JSONValue.string)),
    ]
  }
}
