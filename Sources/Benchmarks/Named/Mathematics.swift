// Benchmarks whose answers are numbers or formulas, at least in part. To add one, add a value.

extension Benchmark {
  static let mathematics: [Benchmark] = [
    mathVista, mathVision, weMathSteps, weMath, emma, mmk12, mathVerseSteps, mathVerse, seePhys,
  ]

  static let mathVista = Benchmark(
    "MathVista_MINI", columns: ["question", "answer", "question_type", "answer_type", "choices"], prompt: .question,
    answer: .cases(
      "question_type", ["multi_choice": .choices(right: "answer_option")],
      else: .cases("answer_type", ["integer": .number, "float": .number, "list": .list], else: .text)),
    groups: [.column("task"), .list("skills")], claim: .partly("free answers by a rule of our own"),
    compatibility: .mathVista)

  static let mathVision = Benchmark(
    "MathVision", files: ["MathVision", "MathVision_MINI"], columns: ["question", "answer", "choices"],
    prompt: .question, answer: .ifChoices(.choices(right: "answer"), else: .value),
    groups: [.column("category"), .column("level")],
    claim: .partly("free answers by a rule of our own, LaTeX values included"), compatibility: .mathVision)

  static let weMath = Benchmark(
    "WeMath", columns: ["question", "answer", "ID", "key"], prompt: PromptTemplate(PromptTemplate.questionWithOptions),
    answer: .options(),
    metrics: weMathMetrics, cluster: .row, whole: weMathProblem, groups: [], compatibility: .firstLetterBehindAnswer)

  static let weMathSteps = Benchmark(
    "WeMath_COT", columns: ["question", "answer", "ID", "key"],
    prompt: PromptTemplate(
      PromptTemplate.questionWithOptions, instruction: [.ifCell("requirement", [.text("\n"), .cell("requirement")])]),
    answer: .options(), metrics: weMathMetrics, cluster: .row, whole: weMathProblem, groups: [],
    compatibility: .firstLetterBehindAnswer)

  /// The prompt of the authors' own script; a context that is missing prints as "None" there.
  static let emma = Benchmark(
    "EMMA", files: ["EMMA", "EMMA_COT"], columns: ["question", "answer", "type"],
    prompt: PromptTemplate(
      [
        .cell("context", ifMissing: "None"), .text("\n"), .cell("question"), .text("\n"),
        .ifOptions([.options(separator: ": "), .text("\n")]),
      ],
      instruction: [
        .ifOptions(
          [.text("Answer with the option's letter from the given choices and put the letter " + inBox)],
          else: [.text("Answer the question using a single word or phrase and put the answer " + inBox)])
      ], isInterleaved: true),
    answer: .ifOptions(.options(), else: .value), groups: [.column("category"), .column("task")],
    claim: .partly("open answers by equal text or value"))

  static let mmk12 = Benchmark(
    "MMK12", prompt: PromptTemplate([.cell("question")], system: mmk12System), answer: .value,
    groups: [.column("subject")], claim: .partly("by equal text or value where the authors ask a judge"))

  /// Free answers need a judge; of the rest only letters can be told.
  static let mathVerse = Benchmark(
    "MathVerse", files: ["MathVerse*"], prompt: .question, answer: .judged,
    groups: [.column("problem_version")], claim: .none("answers are formulas that a judge reads and compares"))

  static let mathVerseSteps = Benchmark(
    "MathVerse_cot", files: ["MathVerse_MINI_Vision_Only_cot"], columns: ["query_cot", "answer"],
    prompt: PromptTemplate([.cell("query_cot")]), answer: .judged, groups: [.column("problem_version")],
    claim: .none("answers are formulas that a judge reads and compares"))

  static let seePhys = Benchmark(
    "SeePhys", files: ["SeePhys*"], columns: ["answer", "language"],
    prompt: PromptTemplate(
      [.cell("question")],
      instruction: [
        .ifEqual(
          "language", to: "English", [.text(seePhysEnglish), significantFiguresEnglish],
          else: [.text(seePhysChinese), significantFiguresChinese])
      ]),
    answer: .judged, groups: [.column("level"), .column("subject")],
    claim: .none("answers are free formulas that a judge compares"))

  // MARK: Words

  private static let weMathProblem = RowKey.all([.column("ID"), .prefix("key", upTo: "_")])
  private static let weMathMetrics = [true, false].map { isStrict in
    MetricRule(isStrict ? "strict" : "loose", unit: weMathProblem, .steps(strict: isStrict))
  }

  private static let inBox = #"in one "\boxed{}". Please solve the problem step by step."#

  private static let mmk12System =
    "Solve the question. The user asks a question, and you solves it. You first thinks about the reasoning process in the "
    + "mind and then provides the user with the answer. The answer is in latex format and wrapped in $...$. The final "
    + #"answer must be wrapped using the \\boxed{} command. Th answer should be enclosed within <answer> </answer> tags, "#
    + #"i.e., Since $1+1=2$, so the answer is $2$. <answer> The answer is $\\boxed{2}$ </answer>, which means the final "#
    + "answer assistant's output should start with <answer> and end with </answer>."

  private static let seePhysEnglish =
    "\nPlease answer this question with reasoning. First output your reasoning process in <think> </think> tags and then "
    + "output the final answer in <answer> </answer> tags."
  private static let seePhysChinese =
    "\n请用推理来回答这个问题。首先在<think></think>标签中输出推理过程，然后在<answer></answer>标签中输入最终答案。"
  private static let significantFiguresEnglish = PromptTemplate.Piece.wholeNumber(
    "sig_figs", before: "The final answer should retain ", after: " significant figures.")
  private static let significantFiguresChinese = PromptTemplate.Piece.wholeNumber(
    "sig_figs", before: "最终答案应保留", after: "位有效数字。")
}
