// Rule v1 of Formats/evaluation.md: its worked examples, and each step by itself.
import Benchmarks
import Testing

private let shapes = [("A", "circle"), ("B", "triangle"), ("C", "star"), ("D", "none of these")]
  .map { AnswerOption(letter: Character($0.0), text: $0.1) }
private let numbers = [("A", "2"), ("B", "4"), ("C", "24"), ("D", "42")]
  .map { AnswerOption(letter: Character($0.0), text: $0.1) }

@Suite struct RuleOneTests {
  // MARK: What is looked at

  @Test func `only what follows the last closing tag is looked at`() {
    let key = AnswerKey.letter("B", of: shapes)
    let answer = ModelAnswer("It is A.\n</think>\nNo: C.\n</think>\n\nB", opensThinking: true)
    #expect(key.extraction(from: answer).answer == "B")
  }

  @Test(arguments: [
    (ModelAnswer("still thinking, B", opensThinking: true), AnswerState.unfinished),
    (ModelAnswer("<think>\nB"), .unfinished),
    (ModelAnswer("thought</think> \n", opensThinking: true), .empty),
    (ModelAnswer(" \n"), .empty),
    (ModelAnswer("I cannot say what it is"), .none),
    (ModelAnswer("B"), .extracted),
  ])
  func `an answer has one of four states, and scores nothing unless something was read`(
    answer: ModelAnswer, state: AnswerState
  ) {
    let key = AnswerKey.letter("B", of: shapes)
    let extraction = key.extraction(from: answer)
    #expect(extraction.state == state)
    #expect(key.score(extraction) == (state == .extracted ? 1 : 0))
  }

  @Test func `a truncated answer is still read, and said to be truncated`() {
    let extraction = AnswerKey.letter("B", of: shapes)
      .extraction(from: ModelAnswer("so \\boxed{B} and now", isTruncated: true))
    #expect(extraction.answer == "B" && extraction.isTruncated && extraction.state == .extracted)
  }

  // MARK: Letters

  @Test(arguments: [
    ("The triangle is left of the square.\n\nAnswer: \\boxed{B}", "B", ExtractionStep.boxed),
    ("\\boxed{\\text{B}}", "B", .boxed), ("\\boxed{(B)}", "B", .boxed), ("\\boxed{B. triangle}", "B", .boxed),
    ("\\boxed{ \\mathbf{B}. }", "B", .boxed), ("\\boxed{$B$}", "B", .boxed), ("\\boxed{Triangle}", "B", .boxed),
    ("\\boxed{A} no, \\boxed{B}", "B", .boxed), ("\\boxed{B} or \\boxed{", "B", .boxed),
    ("\\boxed{\\text{none of  these}}", "D", .boxed), ("\\boxed{\\frac{1}{2}} so option C", "C", .phrase),
    ("<answer>B</answer>", "B", .tag), ("<answer>A</answer> <answer> (C) </answer>", "C", .tag),
    ("<answer>The answer is \\boxed{B}</answer>", "B", .boxed),
    ("The answer is B because", "B", .phrase), ("the correct option: **C**", "C", .phrase),
    ("Best choice (D).", "D", .phrase), ("Answer: A\nanswer is: C", "C", .phrase), ("ANSWER IS B", "B", .phrase),
    ("B", "B", .line), ("(B)", "B", .line), ("B.", "B", .line), ("**B**", "B", .line), ("B: the left one", "B", .line),
    ("B. triangle, since it is left", "B", .line), ("Since it is left:\n\nC", "C", .line),
    ("C\n\nIt is a star.", "C", .line),
    ("It is a triangle.", "B", .content), ("triangle", "B", .content),
  ])
  func `a letter is read by the first step that finds one`(text: String, letter: String, step: ExtractionStep) {
    let extraction = AnswerKey.letter("B", of: shapes).extraction(from: ModelAnswer(text))
    #expect(extraction.answer == letter)
    #expect(extraction.step == step)
  }

  @Test(arguments: [
    "A circle is above and the triangle is to its left.", "The answer is a circle or a star", "answer is Because",
    "the answer is E", "\\boxed{E}", "A circle or a star", "answerB", "The options are plenty", "A. is wrong and so on",
    "It is the triangle" + String(repeating: " indeed", count: 20), "circle, triangle",
  ])
  func `no letter is guessed`(text: String) {
    let extraction = AnswerKey.letter("B", of: shapes).extraction(from: ModelAnswer(text))
    #expect(extraction.state == .none, "\(extraction)")
  }

  @Test func `option texts are found as whole words, so that 24 is not 2 or 4`() {
    #expect(AnswerKey.letter("C", of: numbers).extraction(from: ModelAnswer("24")).answer == "C")
    #expect(AnswerKey.letter("C", of: numbers).extraction(from: ModelAnswer("\\boxed{24}")).answer == "C")
    #expect(AnswerKey.letter("C", of: numbers).extraction(from: ModelAnswer("2 or 4")).state == .none)
  }

  @Test(arguments: [
    ("\\boxed{A, C}", "A, C"), ("\\boxed{C and A}", "A, C"), ("\\boxed{C}", "C"), ("Answer: A; C", "A, C"),
    ("The answer is C.", "C"), ("A C", "A, C"), ("<answer>C,A,A</answer>", "A, C"),
  ])
  func `several letters are a set`(text: String, answer: String) {
    let key = AnswerKey.letters(["A", "C"], of: shapes)
    let extraction = key.extraction(from: ModelAnswer(text))
    #expect(extraction.answer == answer)
    #expect(key.score(extraction) == (answer == "A, C" ? 1 : 0))
  }

  // MARK: Yes and no

  @Test(arguments: [
    ("...</think>**Yes**", "Yes"), ("...</think>No, the lines are equal.", "No"),
    ("</think>Yes, there is no gap.", "Yes"),
    ("`no`", "No"), ("There is no gap", "No"), ("\\boxed{No} yes", "No"), ("<answer>yes</answer>", "Yes"),
  ])
  func `yes and no are read`(text: String, answer: String) {
    #expect(AnswerKey.yesNo(true).extraction(from: ModelAnswer(text)).answer == answer)
  }

  @Test(arguments: ["I see no reason to say yes", "Nothing of that", "maybe"])
  func `what is neither yes nor no is left`(text: String) {
    #expect(AnswerKey.yesNo(true).extraction(from: ModelAnswer(text)).state == .none)
  }

  // MARK: Numbers

  @Test(arguments: [
    ("Using the theorem, AB ≈ 3.20.\n\n\\boxed{3.2\\text{ cm}}", "3.2", true), ("3.2", "3.2", true),
    ("The answer is 3.20 cm.", "3.2", true), ("It is 3.21", "3.2", false), ("First 5, then 3.2", "3.2", true),
    ("\\boxed{1,234}", "1234", true), ("\\boxed{1.2 \\times 10^{3}}", "1200", true), ("1.2e3", "1200", true),
    ("\\boxed{\\frac{1}{2}}", "0.5", true), ("\\boxed{1\\frac{1}{2}}", "1.5", true), ("1 1/2", "1.5", true),
    ("\\boxed{50\\%}", "0.5", true), ("\\boxed{50\\%}", "50", true), ("\\boxed{x = 7}", "7", true),
    ("\\boxed{-7}", "7", false), ("\\boxed{−7}", "-7", true), ("\\boxed{\\$14}", "14", true), ("14.0", "14", true),
    ("14.000001", "14", false), ("\\boxed{unknown}\n14", "14", false), ("Answer: fourteen\nso 14", "14", true),
    ("The answer is 14. \\boxed{seven}", "14", false),
    ("In H2O there are 2", "2", true), ("5-3", "2", true),
  ])
  func `numbers are compared by value`(text: String, right: String, isRight: Bool) {
    let key = AnswerKey.number(right)
    #expect(key.score(key.extraction(from: ModelAnswer(text))) == (isRight ? 1 : 0))
  }

  @Test func `a number is also compared when rounded as the right one is`() {
    let key = AnswerKey.number("3.2")
    let extraction = key.extraction(from: ModelAnswer("\\boxed{3.2415}"))
    #expect(key.score(extraction) == 0)
    #expect(key.roundedScore(extraction) == 1)
    #expect(AnswerKey.number("1/3").roundedScore(extraction) == nil)
    #expect(AnswerKey.yesNo(true).roundedScore(extraction) == nil)
  }

  @Test(
    arguments: [
      ("\\frac{\\sqrt{3}}{2}", 0.866025403784), ("2\\pi", 6.28318530718), ("3\\sqrt{2}", 4.24264068712),
      ("2^{10}", 1024),
      ("-\\frac{3}{4}", -0.75), ("(1+2)*3", 9), ("\\sqrt[3]{27}", 3), ("\\dfrac12", 0.5), ("12 m/s", 12),
      ("30^\\circ", 30), ("x \\approx 1.5", 1.5), ("1,234,567.5", 1_234_567.5), ("\\text{3}", 3), ("10^{-3}", 0.001),
      ("6 \\div 4", 1.5), (".5", 0.5), ("$3$", 3), ("\\left(\\frac{1}{3}\\right)", 1.0 / 3),
    ] as [(String, Double)])
  func `the value of a formula is found`(text: String, value: Double) throws {
    let found = try #require(MathValue(text)).value
    #expect(abs(found - value) < 1e-9)
  }

  @Test(arguments: [
    "", "x", "1,2", "1/", "\\frac{1}", "(1", "1 2", "\\sqrt{}", "3..2", "1/0", "\\boxed", "{",
    String(repeating: "(", count: 99),
    String(repeating: "-(", count: 5000), "\\frac{1}{0}", "\\sqrt{-1}", "= ", "%",
  ])
  func `what has no value has none`(text: String) { #expect(MathValue(text) == nil) }

  // MARK: Texts

  @Test(arguments: [
    ("It is a  SIX!", "It is a six.", true), ("I see 9 and 7.\n</think>\n16", "16", true),
    ("It is a sixty.", "It is a six.", false), ("\\boxed{\\text{Red}}", "red", true),
    ("<answer>red.</answer>", "Red", true),
    ("Therefore the answer is: red", "red", true), ("blue\nred", "red", true),
  ])
  func `texts are compared folded, without final punctuation`(text: String, right: String, isRight: Bool) {
    let key = AnswerKey.text([right])
    #expect(key.score(key.extraction(from: ModelAnswer(text))) == (isRight ? 1 : 0))
  }

  @Test func `formulas are compared as text or by value`() {
    for (text, right, score) in [
      ("\\boxed{0.5}", "\\frac{1}{2}", 1.0), ("\\boxed{x+1}", "X+1", 1), ("\\boxed{2}", "3", 0),
    ] {
      let key = AnswerKey.value(right)
      #expect(key.score(key.extraction(from: ModelAnswer(text))) == score)
    }
  }

  @Test func `lists are compared element by element`() {
    let key = AnswerKey.list(["2007", "2008.0"])
    for (text, score) in [("[2007, 2008]", 1.0), ("The answer is [2007,2008].", 1), ("[2007]", 0), ("2007, 2008", 0)] {
      #expect(key.score(key.extraction(from: ModelAnswer(text))) == score, "\(text)")
    }
  }

  @Test func `relaxed numbers may be five percent off the right one`() {
    for (text, right, score) in [
      ("10.5", "10", 1.0), ("10.51", "10", 0), ("The answer is 9.5", "10", 1), ("50%", "0.5", 1), ("50%", "50", 1),
      ("0", "0", 1), ("0.01", "0", 0), ("Blue.", "blue", 1),
    ] {
      let key = AnswerKey.relaxed([right])
      #expect(key.score(key.extraction(from: ModelAnswer(text))) == score, "\(text) \(right)")
    }
  }

  @Test func `contained texts may stand anywhere, and formulas count without blanks and with case`() {
    let word = AnswerKey.contained(["hello world", "12"], ignoringBlanks: false)
    #expect(word.score(word.extraction(from: ModelAnswer("It says HELLO\nWORLD there"))) == 1)
    #expect(word.score(word.extraction(from: ModelAnswer("hello, world"))) == 0)
    let formula = AnswerKey.contained(["x^2 + 1"], ignoringBlanks: true)
    #expect(formula.score(formula.extraction(from: ModelAnswer("$x ^ 2+1$"))) == 1)
    #expect(formula.score(formula.extraction(from: ModelAnswer("X^2+1"))) == 0)
  }
}
