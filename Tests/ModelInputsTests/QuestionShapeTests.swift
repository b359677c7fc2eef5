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

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8], "is packed with gzip; unpack it"),
      (Array("PAR1....".utf8), "is a Parquet file; write its rows as JSON lines, and its pictures as files"),
      ([0x89, 0x50, 0x4E, 0x47], "is a picture; give the folder that it lies in, or a file of questions"),
      (Array("{\0\"\0".utf8), "is UTF-16; save it as UTF-8"),
      (
        Array("version https://git-lfs.github.com/spec/v1\n".utf8),
        "is a git-lfs pointer, not the file; run `git lfs pull`, or download the file again"
      ),
    ] as [([UInt8], String)]) func `files that are none of questions are named`(bytes: [UInt8], problem: String)
  {
    #expect(throws: QuestionError.unreadable(file: "q", problem)) { try QuestionList(parsing: bytes, file: "q") }
  }

  @Test(arguments: [
    #"{"file_name": "a.png", "text": "b"}"#, #"{"photo": "x/a.JPG", "question": "b?"}"#,
    #"{"files": ["a.webp"], "messages": [{"role": "user", "content": "b?"}]}"#,
  ]) func `a picture under a key that is not read is no question without a picture`(line: String) {
    let error = #expect(throws: QuestionError.self) { try list(line) }
    #expect(
      error?.description.hasSuffix(#"" looks like a picture and is not read; call it "image", or take it away"#) == true
    )
  }
}
