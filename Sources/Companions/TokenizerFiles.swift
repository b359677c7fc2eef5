// The files of a tokenizer beside the one that this program reads: other programs may read these.
internal import JSON
internal import Storage

extension SettingList {
  /// What of tokenizer_config.json is not in the tokenizer itself, as this program reads it: padding, and what other
  /// programs add to a text.
  /// - Throws: what reading throws.
  init(tokenizerConfigIn files: any NamedFiles) throws {
    self.init(file: "tokenizer_config.json")
    guard let config = try files.bytes(of: file).flatMap({ try? JSONValue(parsing: $0) }) else { return }
    for key in ["pad_token", "unk_token"] { add(key, config[key]?.tokenContent) }
    for key in ["add_eos_token", "add_prefix_space", "split_special_tokens"] where config[key]?.boolValue == true {
      add(key, "true")
    }
  }
}

extension SettingList {
  /// The special tokens that special_tokens_map.json names, which older programs read after tokenizer_config.json.
  /// - Throws: what reading throws.
  init(specialTokensIn files: any NamedFiles) throws {
    self.init(file: "special_tokens_map.json")
    guard let map = try files.bytes(of: file).flatMap({ try? JSONValue(parsing: $0) }) else { return }
    for key in ["bos_token", "eos_token", "pad_token", "unk_token"] { add(key, map[key]?.tokenContent) }
  }
}

/// A file that lists tokens or merges, which tokenizer.json has, too.
struct TokenListFile {
  let name: String
  /// What it lists, one word for many.
  let entries: String

  static let all = [
    TokenListFile(name: "vocab.json", entries: "tokens"), TokenListFile(name: "added_tokens.json", entries: "tokens"),
    TokenListFile(name: "merges.txt", entries: "merges"),
  ]

  /// The first entry that differs, and how many do. A file that one of the two does not have says nothing: what is in it
  /// is in tokenizer.json, which is compared.
  /// - Throws: what reading throws.
  func difference(of own: any NamedFiles, from reference: any NamedFiles) throws -> CompanionDifference? {
    guard let mine = try own.bytes(of: name), let theirs = try reference.bytes(of: name), mine != theirs else {
      return nil
    }
    let differences = list(mine).differences(from: list(theirs))
    guard let first = differences.first else { return nil }
    let more = differences.count > 1 ? " (and \(differences.count - 1) more \(entries))" : ""
    return CompanionDifference(
      file: name, setting: first.setting, reference: first.reference, own: first.own + more)
  }

  /// Tokens by name, or merges by rank.
  private func list(_ bytes: [UInt8]) -> SettingList {
    var list = SettingList(file: name)
    guard name.hasSuffix(".json") else {
      let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.starts(with: "#version".utf8) }
      for (rank, line) in lines.enumerated() { list.add("merge \(rank)", String(decoding: line, as: UTF8.self)) }
      return list
    }
    guard let object = (try? JSONValue(parsing: bytes))?.objectValue else {
      list.add("content", "no JSON object")
      return list
    }
    for (key, value) in object.members { list.add(key, value.tokenContent ?? value.meaning()) }
    return list
  }
}

extension JSONValue {
  /// A token given as a string, or as an object with a `content`.
  fileprivate var tokenContent: String? { stringValue ?? self["content"]?.stringValue }
}
