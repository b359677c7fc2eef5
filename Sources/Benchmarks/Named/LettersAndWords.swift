// Benchmarks whose answers are letters or a few words. To add one, add a value.

extension Benchmark {
  static let multipleChoice: [Benchmark] = [
    mmmu, mmmuProVisionSteps, mmmuProVision, mmmuProSteps, mmmuPro, mmStar, mmBench, visuLogic, logicVista,
    mmeReasoning,
    phyX, phyXInText, ai2d, realWorldQA,
  ]

  static let mmmu = Benchmark(
    "MMMU_DEV_VAL", prompt: .options.interleaved, answer: .ifOptions(.options(), else: .value),
    groups: [.column("split"), .column("category"), .column("l2-category")], mainSplit: "validation",
    claim: .partly("open questions, about one in twenty, by equal text or value"), compatibility: .optionsOrOpen)

  static let mmmuPro = Benchmark(
    "MMMU_Pro_10c", prompt: PromptTemplate(mmmuProBody, instruction: chooseDirectly, isInterleaved: true),
    answer: .options(), compatibility: .optionsOrOpen)

  static let mmmuProSteps = Benchmark(
    "MMMU_Pro_10c_COT",
    prompt: PromptTemplate(
      mmmuProBody,
      instruction: [.ifOptions([.text("Answer the following multiple-choice question. " + letterInLastLine)])],
      isInterleaved: true),
    answer: .options(), compatibility: .optionsInAnswerLine)

  static let mmmuProVision = Benchmark(
    "MMMU_Pro_V", columns: ["image", "answer"], prompt: PromptTemplate(inPicture, instruction: chooseInPicture),
    answer: .options(inPicture: "A"..."J"), compatibility: .optionsOrOpen)

  static let mmmuProVisionSteps = Benchmark(
    "MMMU_Pro_V_COT", columns: ["image", "answer"],
    prompt: PromptTemplate(inPicture, instruction: [.text(letterInLastLine)]), answer: .options(inPicture: "A"..."J"),
    compatibility: .optionsInAnswerLine)

  static let mmStar = Benchmark("MMStar", prompt: .options, answer: .options(), compatibility: .options)

  /// Every rotation of a question's options must be right. The test split has no answers.
  static let mmBench = Benchmark(
    "MMBench", files: ["MMBench*", "CCBench"], columns: ["index", "question"], prompt: .options, answer: .options(),
    metrics: [
      MetricRule("circular accuracy", unit: .indexModulo(1_000_000)), MetricRule("accuracy of all rows"),
      MetricRule("accuracy of first rows", unit: .indexModulo(1_000_000), .first),
    ],
    cluster: .indexModulo(1_000_000), whole: .indexModulo(1_000_000), compatibility: .options)

  static let visuLogic = Benchmark(
    "VisuLogic",
    prompt: PromptTemplate(
      [.cell("question")],
      instruction: [
        .text(
          "\nSolve the complex visual logical reasoning problem through step-by-step reasoning.Think about the reasoning "
            + #"process first and answer the question following this format: Answer: \boxed{$LETTER}"#)
      ]),
    answer: .options(inPicture: "A"..."D"), compatibility: .boxedLetter)

  static let logicVista = Benchmark(
    "LogicVista", prompt: .question, answer: .severalLetters(inPicture: "A"..."Z"),
    groups: [.column("skill"), .column("category")])

  static let mmeReasoning = Benchmark(
    "MME-Reasoning", files: ["MME-Reasoning", "MME_Reasoning"], columns: ["question", "answer", "question_type"],
    prompt: .question,
    answer: .cases("question_type", ["choice": .severalLetters(inPicture: "A"..."Z")], else: .judged),
    groups: [.column("capability"), .column("reasoning_type")], claim: .subset("choice rows only"))

  /// The file that Skywork's authors publish.
  static let phyX = Benchmark(
    "PHYX", columns: ["question", "answer", "A", "B"], prompt: .options, answer: .options(), compatibility: .phyX)

  static let phyXInText = Benchmark(
    "PhyX_mini_MC", files: ["PhyX_mini_MC", "PhyX_MC"], prompt: .question, answer: .options(inPicture: "A"..."D"),
    compatibility: .phyX)

  static let ai2d = Benchmark(
    "AI2D_TEST", files: ["AI2D*"], prompt: .options, answer: .options(), compatibility: .options)

  static let realWorldQA = Benchmark("RealWorldQA", prompt: .options, answer: .options(), compatibility: .options)

  private static let mmmuProBody: [PromptTemplate.Piece] =
    [.text("Question: "), .cell("question"), .text("\n")] + PromptTemplate.optionList
  private static let inPicture: [PromptTemplate.Piece] = [
    .text("Answer the following multiple-choice question in the image. ")
  ]
  private static let chooseInPicture: [PromptTemplate.Piece] = [
    .text("Answer directly with the option letter from the given choices. ")
  ]
  private static let chooseDirectly: [PromptTemplate.Piece] = [.ifOptions(chooseInPicture)]
  private static let letterInLastLine =
    "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is "
    + "one of the options. Think step by step before answering. "
}

/// Seeing and reading: yes or no, words, numbers in charts.
extension Benchmark {
  static let reading: [Benchmark] = [hallusionBench, chartQA, ocrBench]

  /// The index holds set, figure and question: `VD_illusion_1_4_0_1`. The single figure usually given is the
  /// mean of the three.
  static let hallusionBench = Benchmark(
    "HallusionBench", columns: ["index", "question", "answer", "l2-category"], prompt: .question, answer: .yesNo,
    metrics: [
      MetricRule("aAcc"),
      MetricRule("fAcc", unit: .all([.column("l2-category"), .indexField(3), .indexField(4)])),
      MetricRule("qAcc", unit: .all([.column("l2-category"), .indexField(3), .indexField(5)])),
    ],
    cluster: hallusionSet, whole: hallusionSet, compatibility: .yesNo)

  private static let hallusionSet = RowKey.all([.column("l2-category"), .indexField(3)])

  static let chartQA = Benchmark(
    "ChartQA_TEST", files: ["ChartQA*"],
    prompt: PromptTemplate(
      [.cell("question")], instruction: [.text("\nAnswer the question using a single word or phrase.")]),
    answer: .relaxed, groups: [.column("split")], claim: .partly("the final answer is taken out of longer ones first"),
    compatibility: .relaxed)

  static let ocrBench = Benchmark(
    "OCRBench", files: ["OCRBench", "OCRBench_MINI"], columns: ["question", "answer", "category"], prompt: .question,
    answer: .contained(ignoringBlanksIf: "category", is: "Handwritten Mathematical Expression Recognition"),
    compatibility: .contained)
}
