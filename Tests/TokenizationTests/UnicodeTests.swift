// Unicode as Hugging Face's tokenizers sees it: form C, and the classes \p{L}, \p{N} and \s, over all of Unicode.
import JSON
import Testing
import Tokenization

@Suite("Unicode")
struct UnicodeTests {
  /// Hugging Face normalizes with tables of Unicode 9, so it leaves later characters as they are.
  private static let normalizerVersion: Unicode.Version = (major: 9, minor: 0)
  /// Its pattern classes are of Unicode 16, and know no later character.
  private static let classVersion: Unicode.Version = (major: 16, minor: 0)

  @Test("Text comes back in form C: every scalar that changes, every decomposition, and marks in any order")
  func composes() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    let pairs = try #require(Fixtures.json("expected/compositions.json").arrayValue)
    var compared = 0
    for pair in pairs {
      let input = try #require(pair.arrayValue?.first?.integers)
      let expected = try #require(pair.arrayValue?.last?.integers)
      let text = text(input)
      guard text.unicodeScalars.allSatisfy({ isIn($0, Self.normalizerVersion) }) else {
        continue
      }
      #expect(scalars(tokenizer.decode(tokenizer.encode(text))).map(Int.init) == expected, "\(input)")
      compared += 1
    }
    #expect(compared > 2000)
  }

  @Test("Hangul jamo compose to all 11,172 syllables", .timeLimit(.minutes(1)))
  func composesHangul() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    for syllable in 0..<11172 {
      let (lead, vowel, tail) = (0x1100 + syllable / 588, 0x1161 + syllable % 588 / 28, 0x11A7 + syllable % 28)
      let jamo = text(tail == 0x11A7 ? [lead, vowel] : [lead, vowel, tail])
      #expect(scalars(tokenizer.decode(tokenizer.encode(jamo))) == [UInt32(0xAC00 + syllable)])
    }
  }

  @Test("Letters, numbers and whitespace are those of Hugging Face's patterns")
  func classifies() throws {
    let expected = try Fixtures.json("expected/classes.json")
    for (name, isMember) in [
      ("letter", { $0 == .letter }), ("number", { $0 == .number }), ("whitespace", { $0.isWhitespace }),
    ] as [(String, (ScalarClass) -> Bool)] {
      let ranges = try #require(expected[name]?.arrayValue).compactMap(\.integers)
      let members = Set(ranges.flatMap { $0[0]...$0[1] })
      let known = (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init).filter { isIn($0, Self.classVersion) }
      let found = known.filter { isMember(ScalarClass($0)) }.map { Int($0.value) }
      #expect(members.symmetricDifference(found).sorted() == [], "\(name)")
    }
  }

  @Test("No two strings of the byte alphabet are canonically equivalent, so a JSON reader cannot confuse two tokens")
  func alphabetIsUnambiguous() throws {
    // A decomposition is a base and marks; as no mark is in the alphabet, strings are told apart by their decompositions
    // if single characters are.
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    let characters = (0..<256).compactMap { tokenizer.token($0) }.filter { $0.unicodeScalars.count == 1 }
    #expect(characters.count == 256)
    #expect(Set(characters).count == 256)
    #expect(characters.allSatisfy { character in character.unicodeScalars.allSatisfy { $0.value < 0x144 } })
  }

  /// Whether a version of Unicode has the character.
  private func isIn(_ scalar: Unicode.Scalar, _ version: Unicode.Version) -> Bool {
    scalar.properties.age.map { $0 <= version } ?? false
  }

  private func text(_ values: [Int]) -> String {
    var view = String.UnicodeScalarView()
    for value in values { if let scalar = Unicode.Scalar(UInt32(value)) { view.append(scalar) } }
    return String(view)
  }
}
