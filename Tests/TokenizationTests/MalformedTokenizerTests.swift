// Tokenizer files that must be refused, each with a message that names the fault.
import Basics
import Storage
import Testing
import Tokenization

@Suite("Malformed and unsupported tokenizer files")
struct MalformedTokenizerTests {
  /// The error that reading gives, which must be one line of text.
  private func error(_ document: TokenizerDocument) throws -> TokenizerError { try error(document.files) }

  private func error(_ files: MemoryFiles) throws -> TokenizerError {
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(files: files) }
    #expect(!error.description.contains("\n"))
    return error
  }

  @Test("The unchanged document is accepted: each refusal below has the cause it names")
  func acceptsTheDocument() throws {
    let tokenizer = try Tokenizer(
      files: TokenizerDocument().with(\.vocabulary, "\"he\": 256").with(\.merges, "\"h e\"").files)
    #expect(tokenizer.encode("he").count == 1)
  }

  @Test("Nothing there")
  func missing() throws {
    let error = try error(MemoryFiles([:]))
    #expect(error == .missingFiles)
    #expect(error.category == .missingInput)
  }

  @Test("A file of more than 32 MiB is refused before it is parsed")
  func tooLarge() throws {
    let files = MemoryFiles(["tokenizer.json": Array(repeating: UInt8(ascii: "["), count: 33 << 20)])
    #expect(try error(files) == .tooLarge(file: "tokenizer.json", byteCount: 33 << 20, limit: 32 << 20))
  }

  @Test("Not JSON, truncated, not an object, nested 200 deep", arguments: ["", "{", "{\"a\": }", "[]", "deep"])
  func malformed(text: String) throws {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    let error = try error(MemoryFiles(texts: ["tokenizer.json": text == "deep" ? deep : text]))
    #expect(error.category == .malformedInput)
    #expect(error.description.hasPrefix("tokenizer.json: "))
  }

  @Test("Every truncation of a small tokenizer.json is refused")
  func truncated() throws {
    let bytes = Array(try TokenizerDocument().text.utf8)
    for length in stride(from: 0, to: bytes.count, by: 61) {
      let files = MemoryFiles(["tokenizer.json": Array(bytes[..<length])])
      #expect(throws: TokenizerError.self, "\(length) bytes") { try Tokenizer(files: files) }
    }
  }

  @Test(
    "An id that is negative, too large, fractional or no number", arguments: ["-1", "1048576", "1e300", "3.5", "\"7\""])
  func idOutOfRange(id: String) throws {
    for document in [
      try TokenizerDocument().with(\.vocabulary, "\"he\": \(id)"),
      try TokenizerDocument().adding("{\"id\": \(id), \"content\": \"<x>\"}"),
    ] {
      let error = try error(document)
      #expect(error.category == .malformedInput)
      guard case .invalid = error else {
        Issue.record("\(error)")
        continue
      }
    }
  }

  @Test("Two tokens with one id, in the vocabulary, among added tokens and between the two")
  func duplicateIDs() throws {
    let document = try TokenizerDocument()
    let added = document.adding(#"{"id": 300, "content": "<a>"}"#)
    for document in [
      document.with(\.vocabulary, "\"he\": 255"), added.adding(#"{"id": 300, "content": "<b>"}"#),
      document.adding(#"{"id": 5, "content": "<a>"}"#), added.adding(#"{"id": 300, "content": "<a>"}"#),
    ] {
      guard case .duplicateID = try error(document) else {
        Issue.record("\(try error(document))")
        continue
      }
    }
  }

  @Test("One token with two ids")
  func conflictingIDs() throws {
    let document = try TokenizerDocument().with(\.vocabulary, "\"he\": 256")
    #expect(
      try error(document.adding(#"{"id": 300, "content": "he"}"#))
        == .conflictingIDs(file: "tokenizer.json", token: "\"he\"", first: 256, second: 300))
    let twice = document.adding(#"{"id": 300, "content": "<a>"}"#).adding(#"{"id": 301, "content": "<a>"}"#)
    #expect(
      try error(twice) == .conflictingIDs(file: "tokenizer.json", token: "\"<a>\"", first: 300, second: 301))
    let key = try error(document.with(\.vocabulary, "\"he\": 257"))
    #expect(key.description.contains("duplicate key"))
  }

  @Test(
    "Merges of tokens that are not there, or that are no pairs",
    arguments: [
      "\"h e\"", "[\"h\", \"e\"]", "\"xyz h\"", "\"h\"", "\"h e l\"", "[\"h\"]", "[\"h\", 1]", "7", "null", "\"\"",
    ])
  func badMerges(merge: String) throws {
    guard case .invalid(_, let key, _, _) = try error(TokenizerDocument().with(\.merges, merge)) else {
      Issue.record("\(merge)")
      return
    }
    #expect(key.hasPrefix("model.merges"))
  }

  @Test("An empty token, and one of more than 64 KiB")
  func badSpellings() throws {
    let long = String(repeating: "h", count: 1 << 16 + 1)
    for token in ["", long] {
      let vocabulary = try error(TokenizerDocument().with(\.vocabulary, "\"\(token)\": 256"))
      let added = try error(TokenizerDocument().adding("{\"id\": 256, \"content\": \"\(token)\"}"))
      #expect(vocabulary.category == .malformedInput)
      #expect(added.category == .malformedInput)
      #expect(vocabulary.description.utf8.count < 1000)
    }
  }

  @Test("A vocabulary in which a byte of UTF-8 has no token")
  func missingByte() throws {
    var document = try TokenizerDocument()
    document.vocabulary.removeAll { $0.hasPrefix("\"A\"") }
    let error = try error(document)
    #expect(error.category == .unsupported)
    #expect(error.description.contains("without a token for byte 65"))
  }

  @Test(
    "A pattern that is not known is refused without running it",
    arguments: [
      #"(a+)+$"#, #"\\s+"#, #"(\\p{L}*)*\\r"#, "",
    ])
  func unknownPattern(pattern: String) throws {
    let split = #"{"type": "Split", "pattern": {"Regex": "\#(pattern)"}, "behavior": "Isolated"}"#
    let sequence =
      #"{"type": "Sequence", "pretokenizers": [\#(split), {"type": "ByteLevel", "add_prefix_space": false}]}"#
    let error = try error(TokenizerDocument().with(\.preTokenizer, sequence))
    #expect(error.category == .unsupported)
    #expect(error.description.contains("by exact text"))
  }

  @Test(
    "Pre-tokenizers that are not computed",
    arguments: [
      "null", #"{"type": "Metaspace"}"#, #"{"type": "ByteLevel"}"#, #"{"type": "ByteLevel", "add_prefix_space": true}"#,
      #"{"type": "Whitespace"}"#, #"{"type": "Sequence", "pretokenizers": []}"#,
      #"{"type": "Sequence", "pretokenizers": [{"type": "Digits"}]}"#,
      #"{"type": "Sequence", "pretokenizers": [{"type": "Punctuation"}, {"type": "ByteLevel", "add_prefix_space": false}]}"#,
    ])
  func unsupportedPreTokenizer(json: String) throws {
    #expect(try error(TokenizerDocument().with(\.preTokenizer, json)).category == .unsupported)
  }

  @Test("Models, normalizers, decoders and post-processors that are not computed")
  func unsupportedParts() throws {
    let trailing = #"[{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "x"}}]"#
    let document = try TokenizerDocument()
    for document in [
      document.with(\.model, #", "byte_fallback": true"#),
      document.with(\.model, #", "end_of_word_suffix": "</w>""#),
      document.with(\.model, #", "continuing_subword_prefix": "@@""#),
      document.with(\.model, #", "dropout": 0.1"#),
      document.with(\.normalizer, #"{"type": "NFKC"}"#),
      document.with(\.normalizer, #"{"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}"#),
      document.with(\.decoder, #"{"type": "WordPiece"}"#),
      document.with(\.postProcessor, #"{"type": "BertProcessing"}"#),
      document.with(\.postProcessor, #"{"type": "TemplateProcessing", "single": \#(trailing)}"#),
    ] {
      #expect(try error(document).category == .unsupported, "\(document.text.suffix(200))")
    }
  }

  @Test(
    "Without tokenizer.json the class must be one whose rules are known",
    arguments: [
      "{}", #"{"tokenizer_class": "LlamaTokenizer"}"#,
      #"{"tokenizer_class": "Qwen2Tokenizer", "add_prefix_space": true}"#,
    ])
  func unknownClass(config: String) throws {
    let files = MemoryFiles(texts: ["vocab.json": "{}", "merges.txt": "", "tokenizer_config.json": config])
    #expect(try error(files).category == .unsupported)
  }

  @Test("merges.txt that is no text, or has lines of other than two tokens", arguments: ["a\n", "a b c\n", "\u{FF}"])
  func badMergeLines(lines: String) throws {
    let merges = lines == "\u{FF}" ? [0xFF, 0x20, 0xFF] : Array(lines.utf8)
    let files = MemoryFiles([
      "vocab.json": Array("{}".utf8), "merges.txt": merges,
      "tokenizer_config.json": Array(#"{"tokenizer_class": "Qwen2Tokenizer"}"#.utf8),
    ])
    let error = try error(files)
    #expect(error.category == .malformedInput)
    #expect(error.description.hasPrefix("merges.txt: "))
  }

  @Test("Control characters of a file do not reach the terminal")
  func escapesNames() throws {
    let description = try error(TokenizerDocument().with(\.vocabulary, #""\u001b[31mred\n": -1"#)).description
    #expect(!description.unicodeScalars.contains { $0.value < 0x20 })
  }
}
