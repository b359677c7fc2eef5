// What `skyquant quantize` tells people at the end, and what every report says of the samples.
public import Basics
public import JSON
internal import LayerSearch
internal import ModelFiles
internal import Quantization

extension QuantizationReport {
  /// What has more bits than the rest by the run's own choice: the first of them, `skyquant.json` has all.
  private var raisedLines: [StyledText] {
    func line(_ what: String, _ modules: Set<String>) -> [StyledText] {
      guard !modules.isEmpty else { return [] }
      let more = modules.count > 5 ? " and \(modules.count - 5) more, which skyquant.json lists" : ""
      return ["\(what): \(modules.sorted().prefix(5).joined(separator: ", "))\(more)"]
    }
    let bits = target.map { target -> StyledText in
      "\(target.reached.upTo(3)) bits per weight in the language model's linears, \(target.asked.upTo(3)) were asked for"
    }
    return [bits].compactMap(\.self) + line("raised to int8", raised.eightBit)
      + line("kept in 16 bit", raised.sixteenBit)
  }

  /// What the report counts at the borders of number formats, if there is any.
  private var borderLine: [StyledText] {
    let counts = [
      (reports.reduce(0) { $0 + $1.counts.deadChannels }, "input channels without a signal"),
      (reports.reduce(0) { $0 + $1.counts.zeroGroups }, "groups of zeros"),
      (reports.reduce(0) { $0 + $1.counts.smallestScales }, "scales raised to the smallest normal half"),
    ].filter { $0.0 > 0 }
    let text = counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    return counts.isEmpty ? [] : ["\(text); see --report"]
  }

  /// How often each method won.
  private var winners: String {
    Rounding.allCases.compactMap { rounding in
      let count = reports.count { $0.rounding == rounding }
      return count > 0 ? "\(rounding.rawValue) \(count)" : nil
    }.joined(separator: ", ")
  }

  /// What calibration was good for, by the errors themselves: not every method takes plain rounding where that is better.
  var gainLine: StyledText {
    guard options.method.needsCalibration else { return "plain rounding, no calibration" }
    let better = reports.count { $0.errorAfter < $0.errorBefore }
    let worse = reports.count { $0.errorAfter > $0.errorBefore }
    let losses: StyledText = worse > 0 ? " and \("\(worse) worse", .bad)" : ""
    let tokens = hasHeldOut ? "held-out tokens" : "the tokens fitted to, as none are held out"
    return "\(better) of \(reports.count) better\(losses) than plain rounding on \(tokens); "
      + "methods that won: \(winners)"
  }

  /// What the model was calibrated on, and how long it took.
  private var calibrationLines: [StyledText] {
    guard let samples = calibrationFacts else {
      return ["\(tokenCount) calibration tokens, \(Seconds.text(seconds))"]
    }
    return ["\(samples.name)", "\(samples.tokens), \(Seconds.text(seconds))"]
  }

  /// What the model was calibrated on: `16 samples of questions.jsonl, 2 held out; 13 pictures in 26 tiles` and
  /// `846 tokens (416 image, 320 prompt, 110 answer)`; nil if there was nothing.
  var calibrationFacts: (name: String, tokens: String)? {
    guard let samples = calibration["samples"]?.arrayValue, let files = calibration["files"]?.arrayValue else {
      return nil
    }
    let heldOut = samples.count { $0["held_out"]?.boolValue == true }
    let tiles = samples.map { $0["tiles"]?.arrayValue ?? [] }
    let pictures = tiles.reduce(0) { $0 + $1.count }, tileCount = tiles.joined().reduce(0) { $0 + ($1.intValue ?? 0) }
    let classes = (calibration["tokens"]?.objectValue?.members ?? []).compactMap { name, count in
      count.intValue.flatMap { $0 > 0 ? "\($0) \(name)" : nil }
    }
    let name = (files.first?["name"]?.stringValue ?? "").displayed
    let shown = pictures > 0 ? "; \(pictures) pictures in \(tileCount) tiles" : ""
    return (
      "\(samples.count) samples of \(name), \(heldOut) held out\(shown)",
      "\(tokenCount) tokens (\(classes.joined(separator: ", ")))"
    )
  }

  /// The result on one screen.
  public var lines: [StyledText] {
    [
      "wrote \(destination.displayed): \(reports.count - eightBitCount) of \(linearCount) linears in int4\(eightBits), "
        + "group \(options.scheme.groupSize), \(bitsPerWeight.upTo(3)) bits per weight in them",
      gainLine,
    ] + formatLine + WidenedMLP.lines(widening, devices: devices).map { StyledText($0) } + raisedLines + borderLine
      + calibrationLines + [
        "next: \(verifying)"
      ]
  }

  private var eightBits: String { eightBitCount > 0 ? ", \(eightBitCount) in int8" : "" }

  /// Where the layout is not the one that is expected.
  private var formatLine: [StyledText] {
    guard format != .awq else { return [] }
    let line: StyledText = "the layout is \(format): AWQ has no place for int8"
    func outside(_ what: String, _ names: [String]) -> [StyledText] {
      guard let first = names.first else { return [] }
      let more = names.count > 1 ? " and \(names.count - 1) more" : ""
      return ["\(what) to int8 outside the language model's layers: \(first.displayed)\(more)"]
    }
    return outside("fitted", outsideReports.map(\.module)) + outside("plainly rounded", roundedOutside) + [line]
  }

  private var verifying: StyledText {
    let models = ["skyquant", "verify", destination.shellPath, "--reference", source.shellPath]
    return .command(models + samplesHint(seesImages: seesImages))
  }
}

/// How a model is given samples to be verified on, for hints at the next command.
func samplesHint(seesImages: Bool) -> [String] { [seesImages ? "--questions" : "--text", "FILE"] }

/// Where the pictures of a questions file lie.
public struct PictureNote: Sendable, Equatable {
  /// Pictures outside the directory of the questions file.
  public let outside: Int
  /// Whether the user has said where pictures may lie.
  public let isConfined: Bool

  /// A note.
  public init(outside: Int, isConfined: Bool) {
    self.outside = outside
    self.isConfined = isConfined
  }

  /// One line if there is something to say.
  public var lines: [StyledText] {
    guard outside > 0, !isConfined else { return [] }
    return ["pictures from outside the directory of the questions: \(outside) (--images-root confines them)"]
  }

  /// The report with the number.
  public func added(to report: JSONValue) -> JSONValue {
    guard var object = report.objectValue else { return report }
    object["pictures_outside"] = .integer(outside)
    return .object(object)
  }
}
