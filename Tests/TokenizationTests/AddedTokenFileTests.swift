// Added tokens that tokenizer.json lacks, against transformers, recorded by Scripts/golden/added_tokens.py.
import JSON
import Storage
import Testing
import Tokenization

@Suite struct AddedTokenFileTests {
  /// The sample's tokenizer.json without the added tokens from an id on, and the other files of a case.
  private func files(_ test: JSONValue) throws -> MemoryFiles {
    let sample = try Fixtures.tokenizerFiles("tiny-r1v")
    let bytes = try #require(try sample.bytes(of: "tokenizer.json"))
    var document = try #require(try JSONValue(parsing: bytes).objectValue)
    let first = try #require(test["cut_at"]?.intValue)
    document["added_tokens"] = .array(
      try #require(document["added_tokens"]?.arrayValue).filter { ($0["id"]?.intValue ?? 0) < first })
    var contents = [
      "tokenizer.json": Array(try JSONValue.object(document).serialized(.compact)),
      "tokenizer_config.json": Array(try #require(test["tokenizer_config"]).serialized(.compact)),
    ]
    if let listed = test["added_tokens"], !listed.isNull {
      contents["added_tokens.json"] = Array(try listed.serialized(.compact))
    }
    return MemoryFiles(contents)
  }

  @Test func `tokens of tokenizer_config and of added_tokens have transformers' ids and flags`() throws {
    let golden = try Fixtures.json("expected/added-tokens.json")
    let texts = try #require(golden["texts"]?.arrayValue).compactMap(\.stringValue)
    let cases = try #require(golden["cases"]?.arrayValue)
    try #require(cases.count == 9 && texts.count == 4)
    for test in cases {
      let name = test["name"]?.stringValue ?? ""
      let tokenizer = try Tokenizer(files: files(test))
      let tokens = try #require(test["tokens"]?.arrayValue).compactMap(\.arrayValue)
      for token in tokens {
        let content = try #require(token[1].stringValue), id = try #require(token[0].intValue)
        #expect(tokenizer.id(of: content) == id && tokenizer.token(id) == content, "\(name): \(content)")
        #expect(tokenizer.isSpecial(id) == token[2].boolValue, "\(name): \(content)")
      }
      let special = tokens.filter { $0[2].boolValue == true }.compactMap { $0[0].intValue }
      #expect(tokenizer.specialTokenIDs == special, "\(name)")
      for (text, ids) in zip(texts, try #require(test["ids"]?.arrayValue)) {
        #expect(tokenizer.encode(text) == ids.integers, "\(name): \(text)")
      }
    }
  }

  @Test func `what is no token beside tokenizer json is refused with its file`() throws {
    let document = try TokenizerDocument().text
    for (file, text, words) in [
      ("tokenizer_config.json", #"{"added_tokens_decoder": {"x": {"content": "<a>"}}}"#, "added_tokens_decoder.x"),
      ("tokenizer_config.json", #"{"added_tokens_decoder": {"300": {}}}"#, "added_tokens_decoder.300"),
      ("added_tokens.json", #"{"<a>": "300"}"#, "expected an id"),
    ] {
      let error = #expect(throws: TokenizerError.self) {
        try Tokenizer(files: MemoryFiles(texts: ["tokenizer.json": document, file: text]))
      }
      #expect(error?.description.hasPrefix("\(file): ") == true && error?.description.contains(words) == true)
    }
  }
}
