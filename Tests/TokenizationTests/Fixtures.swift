// What the tests read: the corpus, Hugging Face's results for it, and tokenizer files.
import Foundation
import JSON
import SampleModel
import Storage
import Testing
import Tokenization

enum Fixtures {
  /// Names below Resources/expected, with where the tokenizer's files are.
  static let bundled = ["tiny-r1v", "llama3-like", "smollm2-like", "odd-added-tokens"]

  /// The folder that Scripts/check/qwen2-vocabulary.sh builds; the vocabulary is too large to keep here.
  static let qwen2Directory = ProcessInfo.processInfo.environment["SKYQUANT_QWEN2_TOKENIZER"]

  static func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: bytes(name)) }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: Bundle.module.bundlePath + "/Resources/" + name)))
  }

  static func tokenizerFiles(_ name: String) throws -> any NamedFiles {
    switch name {
    case "tiny-r1v": try DirectoryFiles(path: SampleModel().modelDirectory)
    case "qwen2": try DirectoryFiles(path: #require(qwen2Directory))
    default: MemoryFiles(["tokenizer.json": try bytes(name + "/tokenizer.json")])
    }
  }
}

/// Files that a test makes up.
struct MemoryFiles: NamedFiles {
  private let contents: [String: [UInt8]]
  var names: [String] { contents.keys.sorted() }

  init(_ contents: [String: [UInt8]]) { self.contents = contents }
  init(texts: [String: String]) { contents = texts.mapValues { Array($0.utf8) } }

  func bytes(of name: String) -> [UInt8]? { contents[name] }
}

extension MemoryFiles {
  /// Some of the files of another set.
  init(_ files: any NamedFiles, only names: [String]) throws {
    var contents: [String: [UInt8]] = [:]
    for name in names { contents[name] = try files.bytes(of: name) }
    self.init(contents)
  }
}

/// What Hugging Face's tokenizers makes of one text. Written by Scripts/golden/tokenization.py.
struct Expectation {
  let text: String
  let ids: [Int]
  /// With special tokens taken as text.
  let plainIDs: [Int]
  let decoded: String
  let decodedWithoutSpecialTokens: String

  static func all(of name: String) throws -> [Expectation] {
    let corpus = try #require(Fixtures.json("corpus.json")["texts"]?.arrayValue).compactMap(\.stringValue)
    let results = try #require(Fixtures.json("expected/\(name).json")["texts"]?.arrayValue)
    try #require(corpus.count == results.count)
    return try zip(corpus, results).map { try Expectation(text: $0, $1) }
  }

  private init(text: String, _ result: JSONValue) throws {
    self.text = text
    ids = try #require(result["ids"]?.integers)
    plainIDs = result["plain"]?.integers ?? ids
    decoded = result["all"]?.stringValue ?? text
    decodedWithoutSpecialTokens = result["skipped"]?.stringValue ?? decoded
  }
}

extension JSONValue {
  /// The elements of a list of integers.
  var integers: [Int]? {
    guard let list = arrayValue else { return nil }
    let integers = list.compactMap(\.intValue)
    return integers.count == list.count ? integers : nil
  }
}

/// Strings as tests must compare them: `==` on `String` calls canonically equivalent texts equal.
func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
