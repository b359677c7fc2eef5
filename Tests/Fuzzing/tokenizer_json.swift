// tokenizer.json. A tokenizer that was accepted must encode and decode any text.
import Storage
import Tokenization

private struct OneFile: NamedFiles {
  let json: [UInt8]
  var names: [String] { ["tokenizer.json"] }
  func bytes(of name: String) -> [UInt8]? { name == "tokenizer.json" ? json : nil }
}

private let text = "Hello, wörld!\n\n  12345 don't 你好 e\u{301} <|im_start|> \u{1F469}\u{200D}\u{1F680}\t<think>"

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTokenizerJSON(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let tokenizer = try? Tokenizer(files: OneFile(json: fuzzInput(data, count))) else { return 0 }
  let ids = tokenizer.encode(text)
  for id in ids { precondition(id >= 0 && id < tokenizer.vocabularySize, "an id outside the vocabulary") }
  var decoder = tokenizer.streamingDecoder(skippingSpecialTokens: false)
  let streamed = ids.reduce(into: "") { $0 += decoder.append($1) } + decoder.finish()
  precondition(
    streamed.utf8.elementsEqual(tokenizer.decode(ids, skippingSpecialTokens: false).utf8),
    "streaming decodes to another text")
  return 0
}
