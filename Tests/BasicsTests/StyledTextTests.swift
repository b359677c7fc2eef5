// Text with roles.
import Basics
import Testing

@Suite struct StyledTextTests {
  @Test func `a literal keeps its characters, and roles where they are given`() {
    let text: StyledText = "gate \("mean KL"): \("PASS", .good), \(2) limits"
    #expect(text.plain == "gate mean KL: PASS, 2 limits")
    #expect(text.parts.map(\.text) == ["gate mean KL: ", "PASS", ", 2 limits"])
    #expect(text.parts.map(\.role) == [nil, .good, nil])
  }

  @Test func `what is put together is the same as what was written at once`() {
    let (left, right): (StyledText, StyledText) = ("a\("b", .bad)", "\("c", .bad)d")
    #expect(left + right == "a\("bc", .bad)d")
    #expect("x \(left)" == "x a\("b", .bad)" as StyledText)
    #expect(StyledText("", .warning) == "" && ("" + left + "").parts.count == 2)
  }

  @Test func `spaces at the end go, whatever their role, and no others`() {
    let text: StyledText = " a \("b  ", .bad)  \(" ", .good)"
    #expect(text.withoutTrailingSpaces == " a \("b", .bad)")
    #expect(("  " as StyledText).withoutTrailingSpaces == "")
  }

  @Test func `other characters keep the role`() {
    let text: StyledText = "a\("b", .warning)"
    #expect(text.mapped { $0 + $0 } == "aa\("bb", .warning)")
    #expect(text.mapped { $0 == "b" ? "" : $0 } == "a")
  }
}
