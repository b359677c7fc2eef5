// Questions as other programs write them: read whole, or refused with what is there and what should be.
import ModelInputs
import Testing

@Suite struct QuestionShapeTests {
  private func list(_ text: String, file: String = "dir/q.jsonl") throws(QuestionError) -> QuestionList {
    try QuestionList(parsing: Array(text.utf8), file: file)
  }

  private static let expected = Question(images: ["a.png"], text: "How many?", answer: "Four.")

  @Test(arguments: [
    #"{"image": "a.png", "question": "How many?", "answer": "Four."}"#,
    #"{"img": "a.png", "question": "How many?", "answer": "Four."}"#,
    #"{"image_path": "a.png", "question": "How many?", "answer": "Four."}"#,
    #"{"image_file": ["a.png"], "question": "How many?", "answer": "Four."}"#,
    #"{"image_url": {"url": "file://a.png"}, "question": "How many?", "answer": "Four."}"#,
    #"{"question_id": 3, "image": "a.png", "text": "How many?", "answer": "Four.", "category": "conv"}"#,
    #"{"id": "7", "image": "a.png", "conversations": [{"from": "human", "value": "How many?"}, {"from": "gpt", "value": "Four."}]}"#,
    #"{"messages": [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": "Four."}], "images": ["a.png"]}"#,
  ]) func `one question in every shape`(line: String) throws {
    let list = try list(line)
    #expect(list.questions == [Self.expected] && list.notes.isEmpty)
  }

  @Test func `parts of a message stand where they stood`() throws {
    let line =
      #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "Is "}, {"type": "image", "image": "a.png"}, "#
      + #"{"type": "text", "text": "like "}, {"type": "image_url", "image_url": {"url": "b.png"}}]}]}"#
    #expect(try list(line).questions == [Question(images: ["a.png", "b.png"], text: "Is <image>\nlike <image>\n")])
  }

  @Test(arguments: [("42", "42"), ("-0.50", "-0.50"), ("true", "true"), (#""x""#, "x")])
  func `answers that are numbers or truth values are text as written`(json: String, text: String) throws {
    #expect(try list(#"{"question": "a?", "answer": \#(json)}"#).questions[0].answer == text)
  }

  @Test(arguments: [
    (
      #"{"prompt": "a?", "response": "b"}"#,
      #"expected "question" or "text" (or "conversations", or "messages"), found "prompt", "response""#
    ),
    (#"{"question": "a?", "answer": ["b"]}"#, #"expected "answer" to be a string, a number or a truth value"#),
    (#"{"question": "a?", "kind": 3}"#, #"expected "kind" to be a string"#),
    (#"{"question": " "}"#, #""question" is empty; give it words, or take the line away"#),
    (#"{"question": "a?", "image": "a.png", "img": "b.png"}"#, #"both "image" and "img" name pictures; keep one"#),
    (
      #"{"question": "a?", "image_url": "https://x/a.png"}"#,
      #""image_url" begins with https://; pictures are read from files: save it, and give its path"#
    ),
    (
      #"{"question": "a?", "Image": "a"}"#,
      #""Image" looks like a picture and is not read; call it "image", or take it away"#
    ),
    (
      #"{"question": "a?", "image": "a.png", "photos": ["B.JPG"]}"#,
      #""photos" looks like a picture and is not read; call it "image", or take it away"#
    ),
    (#"{"question": "a?", "image": ""}"#, #""image" is empty; take it away if there is no picture"#),
    (#"{"conversations": [{"from": "gpt", "value": "x"}]}"#, #"expected the conversation to begin with "human""#),
    (
      #"{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "a?"}]}"#,
      "a system message of one question is not read; take it away, and give it to all with --system"
    ),
    (
      #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]}"#,
      "3 turns: a question and its answer are read; make a line of each such pair"
    ),
    (
      #"{"messages": [{"role": "user", "content": [{"type": "video", "video": "a.mp4"}]}]}"#,
      #"expected each part of "content" to be a text or a picture"#
    ),
  ]) func `what cannot be read whole is refused with its line`(line: String, problem: String) {
    let error = #expect(throws: QuestionError.self) { try list("{\"question\": \"a?\"}\n" + line) }
    #expect(error?.description == "dir/q.jsonl:2: " + problem)
  }

  @Test func `keys of which nothing is made are named once, by the file's own name`() throws {
    let list = try list(
      #"{"question": "a?", "hint": 1, "id": 1}"# + "\n" + #"{"question": "b?", "hint": 2, "lang": "en"}"#)
    #expect(
      list.notes == [#"q.jsonl: nothing is made of "hint", "lang"; read are "question", "answer", "image", "kind""#])
  }

  @Test func `an array is read with the lines of its elements`() throws {
    let text = "[\n  {\"question\": \"a?\"},\n\n  {\n    \"question\": \"b?\"\n  }, {\"text\": \"t\"}\n]\n"
    let list = try list(text, file: "q.json")
    #expect(list.questions.map(\.text) == ["a?", "b?", "t"] && list.lines == [2, 4, 6])
    let error = #expect(throws: QuestionError.self) {
      try self.list("[\n{\"question\": \"a?\"},\n{\"question\": 3}]", file: "q.json")
    }
    #expect(error?.description == #"q.json:3: expected "question" to be a string"#)
    #expect(throws: QuestionError.empty(file: "q.json")) { try self.list("[]", file: "q.json") }
  }

  @Test func `a byte order mark is skipped, other encodings are named`() throws {
    #expect(try list("\u{FEFF}{\"question\": \"a?\"}").questions.count == 1)
    #expect(try list("\u{FEFF}[{\"question\": \"a?\"}]").questions.count == 1)
    let wide = #expect(throws: QuestionError.self) {
      _ = try QuestionList(parsing: [0xFF, 0xFE, 0x7B, 0x00], file: "q.jsonl")
    }
    #expect(wide?.description == "q.jsonl: is UTF-16; save it as UTF-8")
    let latin = Array("{\"question\": \"a?\"}\n{\"question\": \"caf".utf8) + [0xE9] + Array("\"}".utf8)
    let narrow = #expect(throws: QuestionError.self) { _ = try QuestionList(parsing: latin, file: "q.jsonl") }
    #expect(
      narrow?.description == "q.jsonl:2: is not UTF-8, Latin-1 perhaps; convert the file: iconv -f latin1 -t utf8")
  }

  @Test(arguments: [
    ("index\tquestion\tanswer\n1\ta?\tb", "the file looks like a table"),
    ("{\n  \"question\": \"a?\"\n}", "an object may not go over several lines"),
  ]) func `what is no JSON at all is told what it looks like`(text: String, hint: String) {
    let error = #expect(throws: QuestionError.self) { try list(text) }
    #expect(error?.description.hasPrefix("dir/q.jsonl:1: ") == true && error?.description.contains(hint) == true)
  }
}
