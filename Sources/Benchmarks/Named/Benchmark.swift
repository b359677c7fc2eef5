// A benchmark as a value: everything that tells one from another.

/// A benchmark: how to recognise its file, ask its questions, read answers and count them.
public struct Benchmark: Sendable {
  /// The name in reports: that of the file in VLMEvalKit.
  public var name: String
  /// File names without `.tsv` and `_local`; one that ends with `*` stands for all that begin so.
  public var files: [String]
  /// Columns that the file must have.
  public var columns: [String]
  /// How questions are put.
  public var prompt: PromptTemplate
  /// How answers are found and compared.
  public var answer: AnswerRule
  /// What is reported; the first is the benchmark's score.
  public var metrics: [MetricRule]
  /// What makes decisions depend on each other.
  public var cluster: RowKey
  /// Rows that a smaller sample must keep together, since they make one decision of some metric.
  public var whole: RowKey
  /// Columns with scores of their own. Those that a file lacks are passed over.
  public var groups: [GroupRule]
  /// Only rows with this text in the column `split` make the score; others are reported beside it.
  public var mainSplit: String?
  /// What may be claimed of the score.
  public var claim: Claim
  /// The rule of VLMEvalKit that comes closest, for comparison; nil where it asks a judge about every answer.
  public var compatibility: VLMEvalKitRule?

  /// What a score by rule stands for.
  public enum Claim: Sendable, Equatable {
    /// The benchmark's score: rules can tell.
    case score
    /// The benchmark's score, but this part is by a rule of our own where others ask a judge.
    case partly(String)
    /// Only this part can be scored, and is named as what it is.
    case subset(String)
    /// No score: answers are written down and compared with each other.
    case none(String)
  }

  init(
    _ name: String, files: [String]? = nil, columns: [String] = ["question", "answer"], prompt: PromptTemplate,
    answer: AnswerRule, metrics: [MetricRule] = [MetricRule("accuracy")], cluster: RowKey = .picture,
    whole: RowKey = .row, groups: [GroupRule] = [.column("category"), .column("l2-category")], mainSplit: String? = nil,
    claim: Claim = .score, compatibility: VLMEvalKitRule? = nil
  ) {
    self.name = name
    self.files = files ?? [name]
    self.columns = columns
    self.prompt = prompt
    self.answer = answer
    self.metrics = metrics
    self.cluster = cluster
    self.whole = whole
    self.groups = groups
    self.mainSplit = mainSplit
    self.claim = claim
    self.compatibility = compatibility
  }
}

extension Benchmark {
  /// All benchmarks known by name. Of two whose file names both match, the first counts.
  public static let all: [Benchmark] = multipleChoice + mathematics + reading

  /// The benchmark of a file: by the last component of its name, if the file has the benchmark's columns;
  /// else by the generic rules, which ask the question with its options if there are any and compare by what
  /// the answers look like.
  public static func recognized(file: String, columns: [String]) -> Benchmark {
    var stem = file.split(separator: "/").last.map { String($0) } ?? file
    for suffix in [".tsv", "_local"] where stem.hasSuffix(suffix) { stem.removeLast(suffix.count) }
    let known = all.first { benchmark in
      benchmark.files.contains { stem.matches(fileName: $0) } && benchmark.columns.allSatisfy(columns.contains)
    }
    return known ?? generic(name: stem)
  }

  /// The generic rules under a name of their own.
  public static func generic(name: String) -> Benchmark {
    Benchmark(
      name, columns: [], prompt: .optionsOrQuestion, answer: .byLooks,
      groups: ["split", "category", "l2-category", "kind"].map(GroupRule.column),
      claim: .partly("recognised by its columns only"), compatibility: .options)
  }
}

extension String {
  fileprivate func matches(fileName pattern: String) -> Bool {
    pattern.hasSuffix("*") ? hasPrefix(pattern.dropLast()) : self == pattern
  }
}

extension PromptTemplate {
  /// The hint, the question and the options, and a request to choose: VLMEvalKit's ImageMCQDataset. Nothing
  /// is asked for if there are no options.
  static let options = PromptTemplate(questionWithOptions, instruction: chooseAnswer)

  /// The same for rows with options, the question's text for others.
  static let optionsOrQuestion = PromptTemplate(
    [.ifOptions(questionWithOptions, else: [.cell("question")])], instruction: chooseAnswer)

  /// The hint if there is one, the question, and the options if there are any.
  static let questionWithOptions: [Piece] =
    [
      .ifCell("hint", [.text("Hint: "), .cell("hint"), .text("\n")]), .text("Question: "), .cell("question"),
      .text("\n"),
    ] + optionList

  private static let chooseAnswer: [Piece] = [
    .ifOptions([.text("Please select the correct answer from the options above. \n")])
  ]

  /// The question's text and nothing else.
  static let question = PromptTemplate([.cell("question")])

  /// `Options:` and a line for each.
  static let optionList: [Piece] = [.ifOptions([.text("Options:\n"), .options(separator: ". ")])]

  /// The same with tags such as `<image 1>` in the text.
  var interleaved: PromptTemplate {
    var template = self
    template.isInterleaved = true
    return template
  }
}
