// Benchmarks of seeing and reading: yes or no, words, numbers in charts. To add one, add a value.

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
