// Prompts: pictures in the text, and the three ways to make one string of parts.
import Benchmarks
import Testing

private let interleaved = PromptTemplate([.cell("question")], isInterleaved: true)

@Suite struct PromptTests {
  @Test(arguments: [
    ("no tag", 2, [PromptPart.picture(0), .picture(1), .text("no tag")]),
    ("<image 2>then<image 1>", 2, [.text(""), .picture(1), .text("then"), .picture(0), .text("")]),
    ("a <image 1> b <image 1>", 2, [.text("a "), .picture(0), .text(" b "), .picture(0), .text("")]),
    ("<images>", 1, [.picture(0), .text("<images>")]),
  ])
  func `tags say where pictures belong`(question: String, pictures: Int, parts: [PromptPart]) throws {
    #expect(try interleaved.parts(for: row(["question": question]), pictures: pictures) == parts)
  }

  @Test(arguments: ["<image 2>", "<image 0>", "<image 12>", "<image x>", "<image ", "<image 1"])
  func `a tag without its picture is an error of the row`(question: String) {
    let error = #expect(throws: BenchmarkError.self) {
      try interleaved.parts(for: row(["question": question]), pictures: 1)
    }
    #expect(error?.description.contains("names no picture of this row, which has 1") == true)
  }

  @Test func `a user's instruction takes the place of the benchmark's own`() throws {
    let template = PromptTemplate([.cell("question")], instruction: [.text("\nAnswer.")])
    let asked = row(["question": "How many?"])
    #expect(try template.parts(for: asked, pictures: 0) == [.text("How many?\nAnswer.")])
    #expect(try template.parts(for: asked, pictures: 0, instruction: "\nThink.") == [.text("How many?\nThink.")])
  }

  @Test(arguments: [
    (PromptLayout.front, [PromptPart.picture(0), .text("Q")], "<image>\nQ", [0]),
    (.front, [.picture(0), .picture(1), .text("Q")], "<image>\n<image>\nQ", [0, 1]),
    (.front, [.text("a"), .picture(1), .text("b"), .picture(0), .text("")], "<image>\n<image>\na\nb\n", [1, 0]),
    (.front, [.text("Q")], "Q", []),
    (
      .interleave, [.text("a"), .picture(1), .text("b"), .picture(0), .text("c")], "a\n<image>\nb\n<image>\nc", [1, 0]
    ),
    (.internvl, [.picture(0), .text("Q")], "<image>\nQ", [0]),
    (.internvl, [.text("a"), .picture(0), .text("b")], "<image>\na\nb", [0]),
    (.internvl, [.picture(0), .picture(1), .text("Q")], "Image-1: <image>\nImage-2: <image>\nQ", [0, 1]),
    (
      .internvl, [.text("a"), .picture(1), .text("b"), .picture(0), .text("c")],
      "Image-1: <image>\nImage-2: <image>\na<Image-1>b<Image-2>c", [1, 0]
    ),
    (.internvl, [.text("Q")], "Q", []),
  ])
  func `parts become one string`(layout: PromptLayout, parts: [PromptPart], text: String, pictures: [Int]) throws {
    let prompt = try layout.render(parts, of: row([:]))
    #expect(prompt.text == text)
    #expect(prompt.pictures == pictures)
  }

  @Test func `a placeholder that the text has already counts, as in vLLM, and one too many is an error`() throws {
    let asked = row([:])
    #expect(
      try PromptLayout.front.render([.picture(0), .text("in <image> here")], of: asked).text == "in <image> here")
    let error = #expect(throws: BenchmarkError.self) {
      try PromptLayout.front.render([.text("in <image> here")], of: asked)
    }
    #expect(error?.description.hasSuffix("the prompt has 1 times <image> for 0 pictures") == true)
    #expect(throws: BenchmarkError.self) {
      try PromptLayout.internvl.render([.picture(0), .text("in <image> here")], of: asked)
    }
  }
}
