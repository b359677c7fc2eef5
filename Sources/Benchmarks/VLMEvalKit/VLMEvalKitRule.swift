// The scores that VLMEvalKit gives without a judge (`exact_matching`), for comparison with tables made with
// it. What its rules do was read in its repository; Scripts/golden/benchmark_rules.py runs the original
// functions, and tests hold these to them.

/// A state of VLMEvalKit whose rules differ.
public enum VLMEvalKitVersion: String, Sendable, CaseIterable {
  /// Commit 095a1ef of May 2025, which the table of Skywork-R1V3 was made with.
  case may2025 = "vlmevalkit-2025-05"
  /// Commit e8e78f0 of August 2026.
  case august2026 = "vlmevalkit-2026-08"
}

/// A scoring rule of VLMEvalKit. It sees the whole text of an answer, reasoning included.
public enum VLMEvalKitRule: Sendable, CaseIterable {
  /// A letter or an option's text (`can_infer`); options from the columns A…Z.
  case options
  /// The same, where a question without option A gets its answer as A and "Other Answers" as B.
  case optionsOrOpen
  /// The same on what stands in the line that starts with "Answer:".
  case optionsInAnswerLine
  /// The words yes and no, punctuation taken off in VQA's way.
  case yesNo
  /// VisuLogic: a letter in the last box, or in one of many phrases.
  case boxedLetter
  /// MathVista: a letter or text of `choices`, or the whole answer as a number.
  case mathVista
  /// MathVision: a letter or text of `choices`, or the whole answer as text or value.
  case mathVision
  /// WeMath: the first letter behind the last "Answer".
  case firstLetterBehindAnswer
  /// OCRBench: an answer occurs in the text.
  case contained
  /// ChartQA: equal, or a number within 5 %.
  case relaxed
  /// PhyX: a letter behind words such as "answer". The older version has no such rule.
  case phyX

  /// Whether the rule takes `prediction` for right; nil if this version has no such rule or the row lacks
  /// what it needs.
  public func isRight(_ prediction: String, _ row: BenchmarkRow, version: VLMEvalKitVersion) -> Bool? {
    guard let answer = row[self == .mathVista && row["question_type"] == "multi_choice" ? "answer_option" : "answer"]
    else { return nil }
    switch self {
    case .options: return OptionInference(row.options, version).infer(prediction) == answer
    case .optionsOrOpen: return openOptionIsRight(prediction, row, answer, version)
    case .optionsInAnswerLine:
      let line = AnswerLine.content(of: prediction, version)
      return openOptionIsRight(line, row, answer, version)
    case .yesNo: return VisualQuestionAnswering.yesOrNo(prediction) == answer
    case .boxedLetter: return BoxedLetter.letter(in: prediction) == answer
    case .mathVista: return mathVistaIsRight(prediction, row, answer, version)
    case .mathVision: return mathVisionIsRight(prediction, row, answer, version)
    case .firstLetterBehindAnswer: return firstLetterBehindAnswer(prediction) == answer
    case .contained: return isContained(prediction, row, answer)
    case .relaxed:
      return answers(answer).contains { RelaxedNumber.isRight(prediction.pythonStripped, $0, version) }
    case .phyX: return version == .may2025 ? nil : PhyXLetter.isRight(prediction, answer)
    }
  }

  // MARK: Options

  private func openOptionIsRight(
    _ prediction: String, _ row: BenchmarkRow, _ answer: String, _ version: VLMEvalKitVersion
  ) -> Bool {
    var options = row.options
    if row["A"] == nil {
      options.removeAll { $0.letter == "B" }
      options.insert(
        contentsOf: [AnswerOption(letter: "A", text: answer), AnswerOption(letter: "B", text: "Other Answers")], at: 0)
    }
    let isLetter = answer.utf8.count == 1 && answer.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    return OptionInference(options, version).infer(prediction) == (isLetter ? answer : "A")
  }

  private func firstLetterBehindAnswer(_ prediction: String) -> String? {
    let rest = (prediction.components(separatedBy: "Answer").last ?? "").pythonStripped
    let plain = String(rest.unicodeScalars.filter { !"<>:.".unicodeScalars.contains($0) }).pythonStripped
    return plain.unicodeScalars.first.flatMap { ("A"..."H").contains($0) ? String($0) : nil }
  }

  // MARK: Mathematics

  private func mathVistaIsRight(
    _ prediction: String, _ row: BenchmarkRow, _ answer: String, _ version: VLMEvalKitVersion
  ) -> Bool? {
    if row["question_type"] == "multi_choice" {
      guard let choices = row["choices"].flatMap(choices) else { return nil }
      return OptionInference(choices, version).infer(prediction) == answer
    }
    // A zero is false in Python and goes to the judge, even if it is right.
    switch row["answer_type"] {
    case "integer": return PythonInteger(prediction).map { !$0.isZero && $0 == PythonInteger(answer) } ?? false
    case "float":
      return PythonFloat.value(prediction).map { $0 != 0 && $0 == PythonFloat.value(answer) } ?? false
    default: return answer == "None"  // the text of an empty variable is compared with the answer
    }
  }

  private func mathVisionIsRight(
    _ prediction: String, _ row: BenchmarkRow, _ answer: String, _ version: VLMEvalKitVersion
  ) -> Bool? {
    guard let choices = row["choices"].flatMap(choices) else { return nil }
    guard !choices.isEmpty else { return isEqual(prediction, answer) }
    return OptionInference(choices, version).infer(prediction).map { isEqual($0, answer) } ?? false
  }

  /// The original evaluates both texts as Python and as LaTeX, where roots and π fail since it knows no names
  /// for them; `MathValue` stands for that here, and for no more: text that is other Python than arithmetic
  /// is not equal to anything.
  private func isEqual(_ text: String, _ answer: String) -> Bool {
    let (left, right) = (text.lowercased().pythonStripped, answer.lowercased().pythonStripped)
    if left.utf8.elementsEqual(right.utf8) { return true }
    let hasNames = ["sqrt", "√", "\\pi", "π"].contains { left.contains(exactly: $0) || right.contains(exactly: $0) }
    guard !hasNames, let value = MathValue(left), let expected = MathValue(right) else { return false }
    return abs(value.value - expected.value) < 1e-6
  }

  private func choices(_ cell: String) -> [AnswerOption]? {
    (try? PythonLiteral(parsing: cell).texts).map(AnswerOption.lettered)
  }

  // MARK: Words

  private func isContained(_ prediction: String, _ row: BenchmarkRow, _ answer: String) -> Bool {
    let ignoresBlanks = row["category"] == "Handwritten Mathematical Expression Recognition"
    func plain(_ text: String) -> String {
      let text = (ignoresBlanks ? text : text.lowercased()).pythonStripped.replacing(exactly: "\n", with: " ")
      return ignoresBlanks ? text.replacing(exactly: " ", with: "") : text
    }
    return answers(answer).contains { plain(prediction).contains(exactly: plain($0)) }
  }

  private func answers(_ cell: String) -> [String] {
    guard cell.utf8.first == UInt8(ascii: "["), let texts = try? PythonLiteral(parsing: cell).texts else {
      return [cell]
    }
    return texts
  }
}
