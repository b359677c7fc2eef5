// What a quantization did and what it cost, as values. `skyquant.json` of a checkpoint holds them.
internal import Calibration
public import LayerSearch
public import JSON
public import ModelFiles
internal import Quantization

/// What a quantization did and what it cost.
public struct QuantizationReport: Sendable {
  /// The model, as the user named it.
  public let source: String
  /// The directory that was written.
  public let destination: String
  /// The version of skyquant.
  public let version: String
  /// How the model was quantized.
  public let options: QuantizationOptions
  /// The recipe as it was run, for files; Formats/report.md.
  public let recipe: JSONValue
  /// What the model was calibrated on; null if there was nothing.
  public let calibration: JSONValue
  /// What products were made with: `NumericMode.name`.
  public let numericMode: String
  /// Whether the model has a vision tower.
  public let seesImages: Bool
  /// One for each linear in int4, in the model's order.
  public private(set) var reports: [LinearReport] = []
  /// One for each linear outside the decoder's layers that was fitted to the samples, in the order of computation.
  public private(set) var outsideReports: [LinearReport] = []
  /// What is to be known about the result, one line each.
  public private(set) var warnings: [String] = []
  /// Linears that `--keep-16bit` left as they were, and those that `--target-bpw` gave more bits.
  public let raised: RaisedLinears
  /// The bits for each weight of the decoder's linears that were asked for, and those that they have; nil if none were.
  public var target: (asked: Double, reached: Double)?
  /// Linears outside the decoder's layers that were plainly rounded to eight bits, by their names in the files.
  public let roundedOutside: [String]
  /// How many devices the MLPs were to be widened for, and how much wider they are; nil if that was not asked for, or they
  /// can be shared as they are.
  public var devices: Int?, widening: WidenedMLP?
  /// How many linears the decoder has.
  public let linearCount: Int
  /// The files that the weights come from.
  public let sources: [SourceDigest]
  /// Whether samples were kept aside to judge; without any, errors are those on the tokens that were fitted to.
  public let hasHeldOut: Bool
  /// Tokens that were calibrated on.
  public var tokenCount = 0
  /// How long it took; no file tells.
  public var seconds = 0.0

  /// A report of a run that has quantized nothing yet.
  public init(
    source: String, destination: String, version: String, options: QuantizationOptions, recipe: JSONValue,
    calibration: JSONValue, numericMode: String,
    seesImages: Bool, sources: [SourceDigest], raised: RaisedLinears, roundedOutside: [String] = [], linearCount: Int,
    hasHeldOut: Bool
  ) {
    self.source = source
    self.destination = destination
    self.version = version
    self.options = options
    self.recipe = recipe
    self.calibration = calibration
    self.numericMode = numericMode
    self.seesImages = seesImages
    self.sources = sources
    self.raised = raised
    self.roundedOutside = roundedOutside
    self.linearCount = linearCount
    self.hasHeldOut = hasHeldOut
  }

  /// What a later run must know to go on.
  public var notes: RunNotes {
    RunNotes(raised: raised, reports: reports, outside: outsideReports, warnings: warnings)
  }

  /// Takes over what a stopped run has reported.
  public mutating func add(_ notes: RunNotes) {
    reports += notes.reports
    outsideReports += notes.outside
    warnings += notes.warnings
  }

  /// Adds warnings.
  public mutating func add(warnings: [String]) { self.warnings += warnings }

  /// Adds a layer that is done.
  public mutating func add(_ outcome: LayerOutcome) {
    reports += outcome.reports
    warnings += outcome.warnings
  }

  /// Adds linears outside the decoder's layers that are done.
  public mutating func add(_ outcome: OutsideOutcome) { outsideReports += outcome.reports }

  /// How many linears have codes of eight bits.
  var eightBitCount: Int { reports.count { options.scheme(reported: $0.module).bits == 8 } }

  /// Stored bits per weight of the quantized linears.
  var bitsPerWeight: Double {
    guard eightBitCount > 0 else { return options.scheme.bitsPerWeight }
    let weights = reports.map { Double($0.outFeatures * $0.inFeatures) }
    let bits = zip(reports, weights).map { options.scheme(reported: $0.module).bitsPerWeight * $1 }
    return bits.reduce(0, +) / max(weights.reduce(0, +), 1)
  }

  /// How the quantized linears are stored.
  var format: CheckpointFormat {
    eightBitCount + outsideReports.count + roundedOutside.count > 0 ? .compressedTensors : .awq
  }

  /// What the run cost, linear by linear.
  public var table: SensitivityTable { SensitivityTable(reports: reports) }

  /// For programs, and for `skyquant.json`.
  public var json: JSONValue {
    var object: JSONObject = [
      "schema": "skyquant.quantize/1", "version": .string(version),
      "method": .string(options.method.name), "group_size": .integer(options.scheme.groupSize),
      "propagate": .string(options.propagation.rawValue), "numeric_mode": .string(numericMode),
      "calibration_tokens": .integer(tokenCount), "recipe": recipe, "calibration": calibration,
      "sources": .array(sources.map(\.json)), "kept_16bit": raised.sixteenBit.sortedJSON,
      "linears": .array(table.rows.map(\.json)),
      "warnings": .array(warnings.map(JSONValue.string)),
    ]
    if !raised.eightBit.isEmpty { object["raised_to_int8"] = raised.eightBit.sortedJSON }
    if let target {
      object["target_bpw"] = ["asked": .double(target.asked), "reached": .double(target.reached)]
    }
    if !outsideReports.isEmpty {
      object["calibrated_outside"] = .array(SensitivityTable(reports: outsideReports).rows.map(\.json))
    }
    if !roundedOutside.isEmpty { object["rounded_outside"] = .array(roundedOutside.map(JSONValue.string)) }
    if let widening { object["intermediate_size"] = widening.json }
    return .object(object)
  }
}
