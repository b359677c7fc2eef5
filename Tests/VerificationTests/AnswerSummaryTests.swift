// Answers are right by their meaning, and equal to the letter or not.
import Testing
import Verification

@Suite struct AnswerSummaryTests {
  private func summary(_ expected: String?, _ reference: String, _ quantized: String) -> AnswerSummary {
    AnswerSummary([
      AnswerPair(
        sample: 1, question: "?", kind: nil, expected: expected, reference: reference, quantized: quantized)
    ])
  }

  @Test(arguments: [
    ("It is a six.", "It is a  SIX", "It is a sixth."), ("8", "The sum is\n\\boxed{8}", "The sum is\n\\boxed{9}"),
    ("B", "I see it.\n\nAnswer: **B**", "Answer: C, not B?"), ("Yes", "Yes, they are.", "No, they are not."),
    ("<think>\n3 + 5 = 8\n</think>\n8", "<think>\n5 + 3 = 8\n</think>\n8.0", "<think>\n8"),
  ])
  func `other words of the same meaning are right, another meaning is not`(
    expected: String, right: String, wrong: String
  ) {
    let summary = summary(expected, right, wrong)
    #expect(summary.referenceCorrect == 1 && summary.quantizedCorrect == 0)
    #expect(summary.referenceEqual == 0 && summary.quantizedEqual == 0 && summary.changedCount == 1)
  }

  @Test func `what is equal to the letter is right, whatever it looks like`() {
    for text in ["", "<think>for ever", "B", "[", "7"] {
      let summary = summary(text, text, text)
      #expect(summary.referenceCorrect == 1 && summary.referenceEqual == 1 && summary.changedCount == 0, "\(text)")
    }
  }

  @Test func `thoughts that never end are no answer if the prompt began them`() {
    var summary = summary("8", "It may be\n8", "It may be 9.\n</think>\n8")
    #expect(summary.referenceCorrect == 1 && summary.quantizedCorrect == 1)
    summary.opensThinking = true
    #expect(summary.referenceCorrect == 0 && summary.quantizedCorrect == 1)
  }

  @Test func `nothing is right where nothing is expected`() {
    let summary = summary(nil, "8", "8")
    #expect(summary.knownCount == 0 && summary.referenceCorrect == 0 && summary.referenceEqual == 0)
  }
}
