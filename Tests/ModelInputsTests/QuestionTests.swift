// JSONL files of questions: what is read, and what is refused by line.
import ModelInputs
import Testing

@Suite struct QuestionTests {
  private func parse(_ text: String) throws(QuestionError) -> [Question] {
    try Question.parse(Array(text.utf8), file: "q.jsonl")
  }

  @Test func `questions may have no picture, one or several, an answer and a kind`() throws {
    let questions = try parse(
      """
      {"question": "a?"}
      {"question": "b?", "image": "1.png", "answer": "B", "kind": "count", "other": 1}

      {"question": "c?", "image": ["1.png", "2.png"], "answer": null}
      {"question": "d?", "images": ["3.png"], "image": null}\r
      """)
    #expect(
      questions == [
        Question(text: "a?"), Question(images: ["1.png"], text: "b?", answer: "B", kind: "count"),
        Question(images: ["1.png", "2.png"], text: "c?"), Question(images: ["3.png"], text: "d?"),
      ])
  }

  @Test func `a line with text alone is plain text, one with a question too is a question`() throws {
    let questions = try parse(#"{"text": "Once upon"}"# + "\n" + #"{"text": "x", "question": "a?"}"#)
    #expect(questions == [Question(text: "Once upon", isPlainText: true), Question(text: "a?")])
  }

  @Test(arguments: [
    (#"{"question": 1}"#, #"expected "question" to be a string"#),
    (#"["a?"]"#, "expected an object"),
    (#"{"text": ""}"#, #""text" is empty; give it words, or take the line away"#),
    (#"{"question": "a?", "image": 3}"#, #"expected "image" to be a path or a list of paths"#),
    (#"{"question": "a?", "images": ["1.png", 2]}"#, #"expected "images" to be a path or a list of paths"#),
  ])
  func `what is wrong is said with its line`(line: String, problem: String) throws {
    let error = #expect(throws: QuestionError.self) { try parse("{\"question\": \"a?\"}\n\n" + line + "\n") }
    #expect(error?.description == "q.jsonl:3: " + problem)
  }

  @Test func `JSON errors name their line`() {
    let error = #expect(throws: QuestionError.self) { try parse("{\"question\": \"a?\"}\n{\"question\": \n") }
    #expect(error?.description.hasPrefix("q.jsonl:2: ") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test(arguments: ["", "\n \n\t\r\n"]) func `a file without a question is an error`(text: String) {
    #expect(throws: QuestionError.empty(file: "q.jsonl")) { try parse(text) }
  }
}
