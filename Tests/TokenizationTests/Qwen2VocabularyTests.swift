// The real Qwen2 vocabulary with InternVL3's added tokens. Run by Scripts/check/qwen2-vocabulary.sh, which builds its
// files: they are too large to keep in the repository.
import Glibc
import Testing
import Tokenization

@Suite("The real Qwen2 vocabulary", .enabled(if: Fixtures.qwen2Directory != nil))
struct Qwen2VocabularyTests {
  @Test("Every text of the corpus has Hugging Face's ids, decodes to its text, and so do very long runs")
  func agreesWithHuggingFace() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("qwen2"))
    try HuggingFaceAgreement.expectSameIDs(tokenizer, as: "qwen2")
    try HuggingFaceAgreement.expectSameText(tokenizer, as: "qwen2")
    try HuggingFaceAgreement.expectSameRuns(tokenizer, as: "qwen2")
  }

  @Test("vocab.json with merges.txt gives the same ids as tokenizer.json")
  func readsTheOlderFiles() throws {
    let names = ["vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json"]
    let files = try MemoryFiles(Fixtures.tokenizerFiles("qwen2"), only: names)
    try HuggingFaceAgreement.expectSameIDs(Tokenizer(files: files), as: "qwen2")
  }

  @Test("No token is lost to canonical equivalence: every id leads to a token and back")
  func keepsEveryToken() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("qwen2"))
    #expect(tokenizer.vocabularySize == 151_674)
    #expect((0..<151_674).allSatisfy { id in tokenizer.token(id).flatMap(tokenizer.id(of:)) == id })
  }

  @Test("tokenizer.json loads in under a second of processor time")
  func loadsQuickly() throws {
    let names = ["tokenizer.json", "tokenizer_config.json"]
    let files = try MemoryFiles(Fixtures.tokenizerFiles("qwen2"), only: names)
    let start = threadSeconds()
    _ = try Tokenizer(files: files)
    let seconds = threadSeconds() - start
    print("tokenizer.json of 151,643 tokens loaded in \(seconds) s")
    #expect(seconds < 1)
  }

  /// Processor time of this thread, which other programs do not lengthen much.
  private func threadSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  @Test("InternVL3's prompt has the ids measured with the published tokenizer")
  func encodesThePrompt() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("qwen2"))
    let template = try ChatTemplate(named: "internvl2_5")
    let systemText = [
      105043, 90286, 21287, 13935, 116669, 3837, 105205, 13072, 20412, 67916, 30698, 3837, 104625, 100633, 104455,
      104800, 5373, 109065, 81217, 104581, 99721, 75317, 101101, 100013, 9370, 42140, 53772, 35243, 26288, 102064,
      104949, 1773,
    ]
    let begin = [151644, 8948, 198] + systemText + [151645, 198, 151644, 872, 198, 151665]
    let end = [151666, 198, 74785, 279, 2168, 13, 151645, 198, 151644, 77091, 198]
    let prompt = try template.render(question: "Describe the image.", imageTokenCounts: [512])
    #expect(tokenizer.encode(prompt) == begin + Array(repeating: 151667, count: 512) + end)
    #expect(tokenizer.encode(prompt + "<think>\n").suffix(5) == [77091, 198, 13708, 766, 397])
    #expect(tokenizer.encode("</think>\n\n") == [522, 26865, 1339])
  }

  @Test("The Qwen2.5 system text has the ids measured with the published tokenizer")
  func encodesTheQwenSystemText() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("qwen2"))
    let text = try #require(ChatTemplate(named: "jinja-qwen").defaultSystemText)
    #expect(
      tokenizer.encode(text) == [
        2610, 525, 1207, 16948, 11, 3465, 553, 54364, 14817, 13, 1446, 525, 264, 10950, 17847, 13,
      ])
  }
}
