// Text that appears while a model writes.
import Testing
import Tokenization

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
