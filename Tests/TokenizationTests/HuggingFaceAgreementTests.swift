// Ids and text against Hugging Face's tokenizers, recorded by Scripts/golden/tokenization.py.
import JSON
import Storage
import Testing
import Tokenization

@Suite("Agreement with Hugging Face tokenizers")
struct HuggingFaceAgreementTests {
  @Test("Every text of the corpus has Hugging Face's ids", arguments: Fixtures.bundled)
  func encodes(name: String) throws {
    try HuggingFaceAgreement.expectSameIDs(Tokenizer(files: Fixtures.tokenizerFiles(name)), as: name)
  }

  @Test(
    "Ids decode to Hugging Face's text, broken UTF-8 to the same replacement characters", arguments: Fixtures.bundled)
  func decodes(name: String) throws {
    try HuggingFaceAgreement.expectSameText(Tokenizer(files: Fixtures.tokenizerFiles(name)), as: name)
  }

  @Test("Very long runs have Hugging Face's ids", .timeLimit(.minutes(1)), arguments: Fixtures.bundled)
  func encodesLongRuns(name: String) throws {
    try HuggingFaceAgreement.expectSameRuns(Tokenizer(files: Fixtures.tokenizerFiles(name)), as: name)
  }

  @Test("vocab.json with merges.txt gives the same ids as tokenizer.json")
  func readsTheOlderFiles() throws {
    let names = ["vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json"]
    let files = try MemoryFiles(Fixtures.tokenizerFiles("tiny-r1v"), only: names)
    try HuggingFaceAgreement.expectSameIDs(Tokenizer(files: files), as: "tiny-r1v")
    try HuggingFaceAgreement.expectSameText(Tokenizer(files: files), as: "tiny-r1v")
  }

  @Test("added_tokens.json alone gives the added tokens, special ones as tokenizer_config names them")
  func readsAddedTokensWithoutFlags() throws {
    let sample = try Fixtures.tokenizerFiles("tiny-r1v")
    var contents: [String: [UInt8]] = [:]
    for name in ["vocab.json", "merges.txt", "added_tokens.json"] { contents[name] = try sample.bytes(of: name) }
    contents["tokenizer_config.json"] = Array(
      #"{"tokenizer_class": "Qwen2Tokenizer", "eos_token": {"content": "<|im_end|>"}, "pad_token": "<|endoftext|>"}"#
        .utf8)
    let tokenizer = try Tokenizer(files: MemoryFiles(contents))
    for expectation in try Expectation.all(of: "tiny-r1v") {
      #expect(tokenizer.encode(expectation.text) == expectation.ids)
    }
    #expect(tokenizer.specialTokenIDs == [450, 452])
    #expect(tokenizer.endTokenID == 452)
  }
}

enum HuggingFaceAgreement {
  static func expectSameIDs(_ tokenizer: Tokenizer, as name: String) throws {
    for expectation in try Expectation.all(of: name) {
      #expect(tokenizer.encode(expectation.text) == expectation.ids, "\(expectation.text.debugDescription)")
      #expect(
        tokenizer.encode(expectation.text, recognisesSpecialTokens: false) == expectation.plainIDs,
        "\(expectation.text.debugDescription)")
    }
  }

  static func expectSameText(_ tokenizer: Tokenizer, as name: String) throws {
    for expectation in try Expectation.all(of: name) {
      expectDecoding(expectation.ids, tokenizer, skipping: false, gives: expectation.decoded)
      expectDecoding(expectation.ids, tokenizer, skipping: true, gives: expectation.decodedWithoutSpecialTokens)
    }
    for fragment in try #require(Fixtures.json("expected/\(name).json")["fragments"]?.arrayValue) {
      let ids = try #require(fragment.arrayValue?.first?.integers)
      let text = try #require(fragment.arrayValue?.last?.stringValue)
      expectDecoding(ids, tokenizer, skipping: false, gives: text)
    }
  }

  /// Also checks that a streaming decoder gives the same text piece by piece.
  private static func expectDecoding(_ ids: [Int], _ tokenizer: Tokenizer, skipping: Bool, gives text: String) {
    #expect(scalars(tokenizer.decode(ids, skippingSpecialTokens: skipping)) == scalars(text), "\(ids)")
    var stream = tokenizer.streamingDecoder(skippingSpecialTokens: skipping)
    let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
    #expect(scalars(streamed) == scalars(text), "\(ids)")
  }

  static func expectSameRuns(_ tokenizer: Tokenizer, as name: String) throws {
    let runs = try #require(Fixtures.json("corpus.json")["runs"]?.arrayValue)
    let results = try #require(Fixtures.json("expected/\(name).json")["runs"]?.arrayValue)
    try #require(runs.count == results.count)
    for (run, result) in zip(runs, results) {
      let unit = try #require(run.arrayValue?.first?.stringValue)
      let count = try #require(run.arrayValue?.last?.intValue)
      let ids = tokenizer.encode(String(repeating: unit, count: count))
      if let pairs = result.arrayValue?.compactMap(\.integers) {
        let expected = pairs.flatMap { Array(repeating: $0[0], count: $0[1]) }
        #expect(ids == expected, "\(count) × \(unit.debugDescription)")
      } else {
        #expect(ids.count == result["count"]?.intValue)
        #expect(Array(ids.prefix(20)) == result["first"]?.integers)
        #expect(Array(ids.suffix(20)) == result["last"]?.integers)
      }
    }
  }
}
