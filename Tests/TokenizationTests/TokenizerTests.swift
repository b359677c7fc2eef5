// What callers ask of a tokenizer besides ids and text, and text that appears while a model writes.
import Testing
import Tokenization

@Suite("Tokenizer")
struct TokenizerTests {
  @Test("Tokens are found by name, and byte by byte")
  func findsTokens() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    #expect(tokenizer.id(of: "<IMG_CONTEXT>") == 455)
    #expect(tokenizer.token(455) == "<IMG_CONTEXT>")
    #expect(tokenizer.vocabularySize == 464)
    #expect(tokenizer.endTokenID == 452)
    #expect(tokenizer.beginTokenID == nil)
    #expect(tokenizer.specialTokenIDs == Array(450...461))
    #expect(tokenizer.id(of: "\u{e9}") != nil)
    #expect(tokenizer.id(of: "e\u{301}") == nil)
  }

  @Test("Ids without a token decode to nothing", arguments: [464, 511, 151_936, -1, .max, .min])
  func ignoresUnknownIDs(id: Int) throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    #expect(tokenizer.token(id) == nil)
    #expect(tokenizer.decode([id]) == "")
  }

  @Test("The begin token is added on request, and not twice")
  func addsTheBeginToken() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("llama3-like"))
    let begin = try #require(tokenizer.id(of: "<|begin_of_text|>"))
    #expect(tokenizer.addsBeginTokenByDefault)
    #expect(tokenizer.beginTokenID == begin)
    let ids = tokenizer.encode("Hi")
    #expect(!ids.contains(begin))
    #expect(tokenizer.encode("Hi", addsBeginToken: true) == [begin] + ids)
    #expect(tokenizer.encode("<|begin_of_text|>Hi", addsBeginToken: true) == [begin] + ids)
  }

  @Test("tokenizer_config.json decides whether a begin token is added")
  func followsTheConfig() throws {
    let files = try MemoryFiles([
      "tokenizer.json": Fixtures.bytes("llama3-like/tokenizer.json"),
      "tokenizer_config.json": Array(#"{"add_bos_token": false, "eos_token": "<|eot_id|>"}"#.utf8),
    ])
    let tokenizer = try Tokenizer(files: files)
    #expect(!tokenizer.addsBeginTokenByDefault)
    #expect(tokenizer.endTokenID == tokenizer.id(of: "<|eot_id|>"))
  }

  @Test("An added token with a letter of the byte alphabet decodes to itself, which Hugging Face loses")
  func decodesAddedTokens() throws {
    let tokenizer = try Tokenizer(files: TokenizerDocument().adding(#"{"id": 256, "content": "école"}"#).files)
    #expect(tokenizer.encode("une école").last == 256)
    #expect(tokenizer.decode(tokenizer.encode("une école")) == "une école")
  }
}

@Suite("StreamingDecoder")
struct StreamingDecoderTests {
  @Test("A character of four bytes appears whole, with its last byte")
  func holdsBackBytes() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    let ids = tokenizer.encode("a🙂b")
    try #require(ids.count == 6)  // one token per byte in this small vocabulary
    var stream = tokenizer.streamingDecoder()
    #expect(ids.map { stream.append($0) } == ["a", "", "", "", "🙂", "b"])
    #expect(stream.finish() == "")
  }

  @Test("What never becomes a character appears as U+FFFD at the end")
  func finishesBrokenText() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    var stream = tokenizer.streamingDecoder()
    let text = tokenizer.encode("🙂").dropLast().map { stream.append($0) }.joined()
    #expect(text == "")
    #expect(stream.finish() == "\u{FFFD}")
    #expect(stream.finish() == "")
  }

  @Test("Special tokens appear only if asked for")
  func skipsSpecialTokens() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    let id = try #require(tokenizer.id(of: "<|im_end|>"))
    var skipping = tokenizer.streamingDecoder()
    var showing = tokenizer.streamingDecoder(skippingSpecialTokens: false)
    #expect(skipping.append(id) == "")
    #expect(showing.append(id) == "<|im_end|>")
  }
}
