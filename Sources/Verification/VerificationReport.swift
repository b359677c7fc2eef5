// The report of `skyquant verify`: everything measured, as values. Formulas: Formats/report.md.
public import Companions
public import JSON

/// What a verification found.
public struct VerificationReport: Sendable {
  /// Version of the JSON report's schema.
  public static let schema = "skyquant.verify/1"

  /// What was verified, as the user named it.
  public var quantizedName: String
  /// What it was compared with.
  public var referenceName: String
  /// The first prompt as the models saw it, so that a wrong template is seen.
  public var renderedPrompt: String
  /// Samples compared.
  public var sampleCount: Int
  /// All tokens.
  public var overall: ClassSummary
  /// Per class, in the order image, prompt, answer; classes without tokens are left out.
  public var classes: [(tokenClass: TokenClass, summary: ClassSummary)]
  /// Error of the residual stream after each layer.
  public var layers: [LayerError]
  /// Answers, if they were generated.
  public var answers: AnswerSummary?
  /// One result per gate set.
  public var gates: [GateResult]
  /// Positions whose KL divergence is NaN or infinite: one of the models computes what is no number.
  public var nonFiniteCount: Int
  /// What the quantized model's small files say otherwise than the reference's. No number above depends on it.
  public var files: [CompanionDifference]
  /// Whether gates let `files` pass.
  public var allowsDifferentFiles: Bool
  /// What both models' products were made with: `NumericMode.name`.
  public var numericMode: String

  /// Puts the parts together; nil if no token was compared.
  public init?(
    quantizedName: String, referenceName: String, renderedPrompt: String, result: ComparisonResult,
    answers: AnswerSummary?, gates: Gates, files: [CompanionDifference] = [], allowsDifferentFiles: Bool = false,
    numericMode: String
  ) {
    guard let overall = ClassSummary(result.tokens) else { return nil }
    self.quantizedName = quantizedName
    self.referenceName = referenceName
    self.renderedPrompt = renderedPrompt
    sampleCount = Set(result.tokens.map(\.sample)).count
    self.overall = overall
    classes = TokenClass.allCases.compactMap { tokenClass in
      ClassSummary(result.tokens.filter { $0.tokenClass == tokenClass }).map { (tokenClass, $0) }
    }
    layers = result.layers
    self.answers = answers
    self.gates = gates.judge(overall)
    nonFiniteCount = result.tokens.count { !$0.divergence.isFinite }
    self.files = files
    self.allowsDifferentFiles = allowsDifferentFiles
    self.numericMode = numericMode
  }

  /// Whether the models compute numbers everywhere and every gate passed, that of equal files among them if there is
  /// any.
  public var passes: Bool {
    nonFiniteCount == 0 && !isBeyondMeasure && gates.allSatisfy { $0.verdict == .pass } && filesPass
  }

  /// Whether so little of the text's probability is left that no number holds the perplexity.
  var isBeyondMeasure: Bool {
    overall.quantizedPerplexity == .infinity || overall.perplexityRatio.standardError == .infinity
  }

  /// Whether the files are those of the reference, or may be others. Without gates nothing is asked of them.
  var filesPass: Bool { files.isEmpty || allowsDifferentFiles || gates.isEmpty }
}

extension VerificationReport {
  /// The report as one JSON object.
  public var json: JSONValue {
    var object: JSONObject = [
      "schema": .string(Self.schema), "quantized": .string(quantizedName), "reference": .string(referenceName),
      "samples": .integer(sampleCount), "numeric_mode": .string(numericMode),
      "rendered_prompt": .string(renderedPrompt), "all": overall.json,
    ]
    for (tokenClass, summary) in classes { object[tokenClass.rawValue] = summary.json }
    object["layers"] = .array(
      layers.map { ["layer": .integer($0.layer), "relative_error": .double($0.relativeError)] })
    if let answers { object["answers"] = answers.json }
    object["not_finite"] = .integer(nonFiniteCount)
    object["files"] = .array(files.map(\.json))
    object["different_files_allowed"] = .bool(allowsDifferentFiles)
    object["gates"] = .array(gates.map(\.json))
    object["passes"] = .bool(passes)
    return .object(object)
  }
}

extension CompanionDifference {
  fileprivate var json: JSONValue {
    [
      "file": .string(file), "setting": .string(setting), "reference": .string(reference), "quantized": .string(own),
    ]
  }
}

extension ClassSummary {
  fileprivate var json: JSONValue {
    [
      "tokens": .integer(divergence.count),
      "kl_divergence": [
        "mean": .double(divergence.estimate.mean), "standard_error": .double(divergence.estimate.standardError),
        "median": .double(divergence.median), "p90": .double(divergence.p90), "p99": .double(divergence.p99),
        "p99.9": .double(divergence.p999), "max": .double(divergence.max),
      ],
      "same_top1": sameTop.json, "perplexity_ratio": perplexityRatio.json,
      "reference_perplexity": .double(referencePerplexity), "quantized_perplexity": .double(quantizedPerplexity),
    ]
  }
}

extension Estimate {
  fileprivate var json: JSONValue { ["mean": .double(mean), "standard_error": .double(standardError)] }
}

extension GateResult {
  fileprivate var json: JSONValue {
    [
      "metric": .string(metric), "value": .double(value), "bound": .double(bound), "limit": .double(limit),
      "verdict": .string(verdict.rawValue),
    ]
  }
}

extension AnswerSummary {
  fileprivate var json: JSONValue {
    [
      "questions": .integer(pairs.count), "with_known_answer": .integer(knownCount),
      "reference_correct": .integer(referenceCorrect), "quantized_correct": .integer(quantizedCorrect),
      "changed": .integer(changedCount),
      "pairs": .array(
        pairs.map { pair in
          [
            "question": .string(pair.question), "kind": pair.kind.map(JSONValue.string) ?? .null,
            "expected": pair.expected.map(JSONValue.string) ?? .null, "reference": .string(pair.reference),
            "quantized": .string(pair.quantized),
          ]
        }),
    ]
  }
}
