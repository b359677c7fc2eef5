// What `skyquant quantize` tells: a line per linear on the way, a summary and a JSON object at the end.
import AWQ
import JSON
import Quantization
import Tensors

struct QuantizationSummary {
  let source: String
  let destination: String
  let options: QuantizationOptions
  private(set) var reports: [LinearReport] = []
  private(set) var warnings: [String] = []
  var tokenCount = 0
  var seconds = 0.0

  init(source: String, destination: String, options: QuantizationOptions) {
    self.source = source
    self.destination = destination
    self.options = options
  }

  mutating func add(_ layer: QuantizedLayer) {
    reports += layer.reports
    warnings += layer.warnings
  }

  /// One line per linear, and one per warning.
  func lines(of layer: QuantizedLayer) -> [String] {
    layer.reports.map { report in
      let ratio = report.rule == .identity ? "-" : "\(report.rule.rawValue) \(Double(Int(report.ratio * 100)) / 100)"
      let gain = report.errorBefore > 0 ? Int((100 * (1 - report.errorAfter / report.errorBefore)).rounded()) : 0
      let relative = "error \(percent(report.errorBefore, report)) -> \(percent(report.errorAfter, report))"
      return "\(report.module)  \(report.method.rawValue)  \(ratio)  \(relative)  gain \(gain) %"
    } + layer.warnings.map { "warning: \($0)" }
  }

  /// An error as a share of the output's energy.
  private func percent(_ error: Double, _ report: LinearReport) -> String {
    guard report.outputEnergy > 0 else { return "-" }
    let value = (error / report.outputEnergy).squareRoot() * 100
    return "\(Double(Int(value * 100)) / 100) %"
  }

  var text: String {
    let improved = reports.count { $0.method != .rtn }
    return """
      wrote \(destination.displayed): \(reports.count) linears in int4, group \(options.scheme.groupSize), \
      \(Double(Int(options.scheme.bitsPerWeight * 1000)) / 1000) bits per weight in them
      \(improved) of \(reports.count) better than plain rounding on held-out tokens, the others kept plain rounding
      \(tokenCount) calibration tokens, \(Duration.text(seconds))
      next: skyquant verify \(destination.displayed) --reference \(source.displayed) --questions FILE

      """
  }

  var json: JSONValue {
    [
      "schema": "skyquant.quantize/1", "version": .string(Version.current),
      "method": .string(options.method.rawValue), "group_size": .integer(options.scheme.groupSize),
      "propagate": .string(options.propagation.rawValue), "calibration_tokens": .integer(tokenCount),
      "linears": .array(reports.map(\.json)), "warnings": .array(warnings.map(JSONValue.string)),
    ]
  }
}

extension LinearReport {
  fileprivate var json: JSONValue {
    [
      "module": .string(module), "out_features": .integer(outFeatures), "in_features": .integer(inFeatures),
      "method": .string(method.rawValue), "scale_rule": .string(rule.rawValue), "ratio": .double(ratio),
      "output_energy": .double(outputEnergy), "error_before": .double(errorBefore),
      "error_after": .double(errorAfter), "largest_input": .double(Double(largestInput)),
    ]
  }
}
