// The report of `skyquant verify`: everything measured, as values. Formulas: Formats/report.md.
internal import Benchmarks
public import Companions

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
  /// Where the models differ most, the largest divergence first.
  public var worstTokens: [WorstToken] = []
  /// What is to be known of the samples, one line each.
  public var warnings: [String] = []
  /// The file that the samples come from: its name without a directory, the SHA-256 of its bytes, and whether the model was
  /// calibrated on it, or on some of its pictures.
  public var sampleFile: (name: String, sha256: String, wasSeen: Bool)?

  /// Puts the parts together; nil if no token was compared.
  public init?(
    quantizedName: String, referenceName: String, renderedPrompt: String, result: ComparisonResult,
    answers: AnswerSummary?, gates: [Gate], files: [CompanionDifference] = [], allowsDifferentFiles: Bool = false,
    numericMode: String
  ) {
    guard let overall = ClassSummary(result.tokens) else { return nil }
    self.quantizedName = quantizedName
    self.referenceName = referenceName
    self.renderedPrompt = renderedPrompt
    sampleCount = Set(result.tokens.map(\.sample)).count
    self.overall = overall
    let classes: [(tokenClass: TokenClass, summary: ClassSummary)] = TokenClass.allCases.compactMap { tokenClass in
      ClassSummary(result.tokens.filter { $0.tokenClass == tokenClass }).map { (tokenClass, $0) }
    }
    self.classes = classes
    layers = result.layers
    self.answers = answers
    self.answers?.opensThinking = ModelAnswer.isOpened(by: renderedPrompt)
    self.gates = gates.map { $0.judge(overall, classes) }
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

  /// The tokens that gates are about unless they name others.
  public var decisiveScope: TokenScope { .decisive(among: classes.map(\.tokenClass)) }

  /// The numbers of the tokens of `scope`; nil if there are none.
  public func summary(of scope: TokenScope) -> ClassSummary? {
    switch scope {
    case .all: overall
    case .only(let tokenClass): classes.first { $0.tokenClass == tokenClass }?.summary
    }
  }

  /// Whether so little of the text's probability is left that no number holds the perplexity.
  public var isBeyondMeasure: Bool {
    overall.quantizedPerplexity == .infinity || overall.perplexityRatio.standardError == .infinity
  }

  /// Whether the files are those of the reference, or may be others. Without gates nothing is asked of them.
  public var filesPass: Bool { files.isEmpty || allowsDifferentFiles || gates.isEmpty }
}
