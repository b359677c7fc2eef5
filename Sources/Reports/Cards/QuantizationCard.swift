// The model card of a quantization: how it was made, and what is not known of it yet. No date, no path: the same inputs
// give the same bytes.
internal import Basics
internal import JSON
internal import LayerSearch
public import ModelCards
internal import ModelFiles
internal import Quantization

/// The card of what `skyquant quantize` wrote.
public struct QuantizationCard {
  /// Keys of the original's front matter that go along, in their order.
  public static let carriedKeys = [
    "license", "license_name", "license_link", "language", "library_name", "pipeline_tag", "tags",
  ]
  private static let ownTags = ["4-bit", "int4", "skyquant"]

  private let report: QuantizationReport
  private let base: String?
  private let original: FrontMatter
  private let byteCount: Int

  /// - Parameters:
  ///   - base: The original's name on a model hub, if that is known.
  ///   - original: The front matter of its card.
  ///   - byteCount: Bytes of the tensors that were written.
  public init(_ report: QuantizationReport, base: String?, original: FrontMatter, byteCount: Int) {
    self.report = report
    self.base = base
    self.original = original
    self.byteCount = byteCount
  }

  /// The card.
  public var card: ModelCard {
    let unknown = base == nil ? ["<!-- Name the original above, as base_model: OWNER/NAME. -->", ""] : []
    return ModelCard(facts, body: unknown + introduction + making + cost)
  }

  private var facts: [(key: String, value: FrontMatter.Value)] {
    var values = original.values
    values["library_name"] = values["library_name"] ?? .text("transformers")
    let tags = values["tags"]?.texts ?? []
    values["tags"] = .list(tags + Self.ownTags.filter { !tags.contains($0) })
    let carried = Self.carriedKeys.compactMap { key in values[key].map { (key: key, value: $0) } }
    let relation = [(key: "base_model_relation", value: FrontMatter.Value.text("quantized"))]
    return (base.map { [(key: "base_model", value: .text($0))] } ?? []) + relation + carried
  }

  private var introduction: [String] {
    let name = base.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    let levels = report.options.scheme.codes == .int4Symmetric ? "a scale (8 is the zero of all)" : "a scale and a zero"
    return [
      "# \(name.map { "\($0.codeInMarkdown) in 4 bits" } ?? "A model in 4 bits")", "",
      "\(report.reports.count - report.eightBitCount) of \(report.linearCount) linears of the language model are int4 codes "
        + "with \(levels) for each \(report.options.scheme.groupSize) input features\(eightBits). Everything else is as it "
        + "was, but for norms and biases that take up scales.", "",
      "## What loads it", "",
    ] + CardSection.layout.lines(report.format.cardLines) + [""]
  }

  private var eightBits: String {
    let fitted = report.outsideReports.count, outside = report.roundedOutside.count
    return (report.eightBitCount > 0 ? ", \(report.eightBitCount) are int8 codes, of which 128 is the zero" : "")
      + (fitted > 0 ? ", and outside its layers \(fitted) are int8 codes fitted to the same samples" : "")
      + (outside > 0 ? ", and outside its layers \(outside) are int8 codes by plain rounding" : "")
  }

  private var making: [String] {
    var rows = [
      ("method", "`\(report.options.method.name)`: \(report.options.method.summary)"),
      ("result", report.gainLine.plain), ("group size", "\(report.options.scheme.groupSize)"),
      ("bits per weight in \(report.eightBitCount > 0 ? "quantized" : "int4") linears", report.bitsPerWeight.upTo(3)),
      ("size of all tensors", ByteCount.text(byteCount)), ("program", "skyquant \(report.version)"),
    ]
    let option = report.target == nil ? "--keep-16bit" : "--target-bpw"
    for (what, modules) in [("kept in 16 bit", report.raised.sixteenBit), ("raised to int8", report.raised.eightBit)]
    where !modules.isEmpty {
      rows.append(("\(what) by \(option)", "\(modules.count) linears"))
    }
    if let target = report.target {
      rows.append(
        (
          "bits per weight in all linears of the language model",
          "\(target.reached.upTo(3)), asked \(target.asked.upTo(3))"
        ))
    }
    if let samples = report.calibrationFacts {
      rows.append(("calibration", "\(samples.name); \(samples.tokens)"))
      let files = report.calibration["files"]?.arrayValue ?? []
      if let digest = files.first?["sha256"]?.stringValue { rows.append(("SHA-256 of that file", digest)) }
    }
    return ["## How it was made", "", "| | |", "|---|---|"] + rows.map { "| \($0) | \($1.inMarkdownCell) |" } + [
      "",
      "`skyquant.json` holds the whole recipe, and what it cost each linear. With the original and the same calibration "
        + "files `skyquant quantize ORIGINAL --recipe skyquant.json --out OUT` writes the same bytes again.", "",
    ]
  }

  private var cost: [String] {
    let measured = ["## What it cost", ""] + CardSection.verify.lines(Self.unmeasured(.verify)) + [""]
    return measured + CardSection.evaluate.lines(Self.unmeasured(.evaluate))
  }

  /// What stands where a measurement will.
  private static func unmeasured(_ section: CardSection) -> [String] {
    let words = section == .verify ? "Against the original, token by token" : "On benchmarks"
    return ["\(words): not measured. `skyquant \(section.rawValue) … --card DIR` writes it here."]
  }
}

extension String {
  /// The text in a cell of a table of Markdown: nothing in it is markup or ends the cell.
  var inMarkdownCell: String {
    displayed.replacing("|", with: "¦").replacing("<", with: "‹").replacing(">", with: "›")
  }
}
