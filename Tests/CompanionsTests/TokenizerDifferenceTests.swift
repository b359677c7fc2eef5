// Tokenizers that mean the same, however their files are written, and tokenizers that do not.
import Companions
import JSON
import Testing

@Suite struct TokenizerDifferenceTests {
  private let sample: FileSet
  private let model: JSONObject

  init() throws {
    sample = try FileSet()
    model = try #require(try sample.json("tokenizer.json")["model"]?.objectValue)
  }

  @Test func `reversed ids are named once, with how many they are`() throws {
    let tokens = try #require(model["vocab"]?.objectValue)
    var reversed = JSONObject()
    for (token, id) in tokens.members { reversed[token] = .integer(tokens.count - 1 - (id.intValue ?? 0)) }
    let changed = try sample.with("tokenizer.json", "model", "vocab", value: .object(reversed))
    let differences = try changed.companions.differences(from: sample.companions)
    #expect(differences.map(\.file) == ["tokenizer.json"] && differences.map(\.setting) == ["vocabulary"])
    // An even number of tokens: none keeps its id.
    #expect(tokens.count % 2 == 0 && differences[0].own.hasSuffix("(and \(tokens.count - 1) more ids)"))
  }

  @Test func `the same merges as strings, and a vocabulary in another order, are no difference`() throws {
    let pairs = try #require(model["merges"]?.arrayValue)
    let strings = pairs.compactMap(\.arrayValue).map {
      JSONValue.string($0.compactMap(\.stringValue).joined(separator: " "))
    }
    var tokens = JSONObject()
    for (token, id) in try #require(model["vocab"]?.objectValue).members.reversed() { tokens[token] = id }
    let changed = try sample.with("tokenizer.json", "model", "merges", value: .array(strings))
      .with("tokenizer.json", "model", "vocab", value: .object(tokens))
    #expect(strings.count == pairs.count && changed["tokenizer.json"] != sample["tokenizer.json"])
    #expect(try changed.differences(from: sample) == [])
  }

  @Test func `the older set of files means what tokenizer json means`() throws {
    var older = sample
    older["tokenizer.json"] = nil
    #expect(try older.differences(from: sample) == [])
    let ids = try sample.json("vocab.json")
    let changed = try older.with("vocab.json", "a", value: ids["b"]).with("vocab.json", "b", value: ids["a"])
    let differences = try changed.companions.differences(from: sample.companions)
    #expect(differences.map(\.file) == ["vocab.json"] && differences.map(\.setting) == ["vocabulary"])
    #expect(differences[0].own.hasSuffix("(and 1 more ids)"))
  }

  @Test func `two merges in the other order are named`() throws {
    var pairs = try #require(model["merges"]?.arrayValue)
    pairs.swapAt(3, 4)
    let changed = try sample.with("tokenizer.json", "model", "merges", value: .array(pairs))
    let differences = try changed.companions.differences(from: sample.companions)
    #expect(differences.map(\.setting) == ["merges"])
    #expect(differences[0].own.hasPrefix("merge 3 is ") && differences[0].own.hasSuffix("(and 1 more merges)"))
  }

  @Test func `normalizer, pre-tokenizer and flags of added tokens are named`() throws {
    var added = try #require(try sample.json("tokenizer.json")["added_tokens"]?.arrayValue)
    var token = try #require(added.popLast()?.objectValue)
    token["lstrip"] = true
    let digits: JSONValue = [
      "type": "Sequence",
      "pretokenizers": [
        ["type": "Digits", "individual_digits": true],
        ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
      ],
    ]
    let changes: [(key: String, value: JSONValue?, setting: String)] = [
      ("normalizer", nil, "normalizer"), ("pre_tokenizer", digits, "pre-tokenizer"),
      ("added_tokens", .array(added + [.object(token)]), "added tokens"),
    ]
    // What tokenizer_config.json says of added tokens comes before.
    let bare = try sample.with("tokenizer_config.json", "added_tokens_decoder", value: nil)
    for (key, value, setting) in changes {
      let changed = try bare.with("tokenizer.json", key, value: value)
      #expect(try changed.differences(from: bare) == ["tokenizer.json: \(setting)"])
    }
  }

  @Test func `flags of added tokens are those of tokenizer_config, as transformers reads them`() throws {
    let config = "tokenizer_config.json", decoder = "added_tokens_decoder"
    let changed = try sample.with(config, decoder, "463", "lstrip", value: true)
    #expect(try changed.differences(from: sample) == ["tokenizer.json: added tokens"])
    let more = try sample.with(
      config, decoder, "464", value: ["content": "<new>", "special": true, "normalized": false])
    #expect(try more.differences(from: sample) == ["tokenizer.json: vocabulary", "tokenizer.json: added tokens"])
  }

  @Test func `begin, end and padding tokens are named with their file`() throws {
    let changes: [(key: String, value: JSONValue, setting: String)] = [
      ("eos_token", "<|endoftext|>", "end token"), ("bos_token", "<|im_start|>", "begin token"),
      ("pad_token", "<|im_end|>", "pad_token"), ("unk_token", "<|im_end|>", "unk_token"),
      ("add_eos_token", true, "add_eos_token"),
    ]
    for (key, value, setting) in changes {
      let changed = try sample.with("tokenizer_config.json", key, value: value)
      #expect(try changed.differences(from: sample) == ["tokenizer_config.json: \(setting)"])
    }
  }

  @Test func `files that only other programs read are compared where both models have them`() throws {
    var changed = sample
    changed["vocab.json"] = String(
      decoding: try sample.json("vocab.json").serialized(.canonical), as: UTF8.self)
    #expect(try changed.differences(from: sample) == [])
    changed = try sample.with("vocab.json", "!", value: 7)
    #expect(try changed.differences(from: sample) == ["vocab.json: !"])
    changed["vocab.json"] = nil
    #expect(try changed.differences(from: sample) == [])
    var lines = try #require(sample["merges.txt"]).split(separator: "\n").map(String.init)
    lines.swapAt(lines.count - 1, lines.count - 2)
    changed["merges.txt"] = lines.joined(separator: "\n") + "\n"
    #expect(try changed.differences(from: sample).count == 1)
    var (mine, theirs) = (sample, sample)
    mine["special_tokens_map.json"] = #"{"eos_token": {"content": "<|endoftext|>"}, "pad_token": "<|endoftext|>"}"#
    theirs["special_tokens_map.json"] = #"{"eos_token": "<|im_end|>"}"#
    #expect(try mine.differences(from: theirs) == ["special_tokens_map.json: eos_token"])
  }
}
