// The smallest tokenizer.json, to be made wrong in one place.
import Testing
import Tokenization

/// tokenizer.json as text: the 256 bytes, no merges unless added. Each part is JSON and may be replaced.
struct TokenizerDocument {
  var vocabulary: [String]
  var merges: [String] = []
  var addedTokens: [String] = []
  var normalizer = "null"
  var preTokenizer = #"{"type": "ByteLevel", "add_prefix_space": false}"#
  var postProcessor = "null"
  var decoder = #"{"type": "ByteLevel"}"#
  /// Further members of `model`, each with a comma before it.
  var model = ""

  init() throws {
    let sample = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    vocabulary = try (0..<256).map { id in
      let token = try #require(sample.token(id)).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "\"\(token)\": \(id)"
    }
  }

  var text: String {
    """
    {"added_tokens": [\(addedTokens.joined(separator: ","))], "normalizer": \(normalizer),
    "pre_tokenizer": \(preTokenizer), "post_processor": \(postProcessor), "decoder": \(decoder),
    "model": {"type": "BPE", "vocab": {\(vocabulary.joined(separator: ","))},
    "merges": [\(merges.joined(separator: ","))]\(model)}}
    """
  }

  var files: MemoryFiles { MemoryFiles(texts: ["tokenizer.json": text]) }

  func adding(_ token: String) -> TokenizerDocument {
    var copy = self
    copy.addedTokens.append(token)
    return copy
  }

  /// A copy with one part changed.
  func with(_ part: WritableKeyPath<TokenizerDocument, String>, _ value: String) -> TokenizerDocument {
    var copy = self
    copy[keyPath: part] = value
    return copy
  }

  /// A copy with one more entry in `vocab` or `merges`.
  func with(_ part: WritableKeyPath<TokenizerDocument, [String]>, _ entry: String) -> TokenizerDocument {
    var copy = self
    copy[keyPath: part].append(entry)
    return copy
  }
}
