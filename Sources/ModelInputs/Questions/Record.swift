// What can be asked of a record of a questions file.
internal import Basics
internal import JSON

/// An object of a questions file.
struct Record {
  let object: JSONObject

  /// Whether there is a value that says something.
  func has(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

  /// The text under `key`, which must be there.
  func text(_ key: String) throws(RecordFault) -> String {
    guard let text = object[key]?.stringValue else { throw RecordFault("expected \"\(key)\" to be a string") }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw RecordFault("\"\(key)\" is empty; give it words, or take the line away")
    }
    return text
  }

  /// The answer; numbers and truth values as they are written.
  func answer() throws(RecordFault) -> String? {
    switch object["answer"] {
    case nil, .null?: return nil
    case .string(let text)?: return text
    case .number(let number)?: return number.literal
    case .bool(let value)?: return value ? "true" : "false"
    case .array?, .object?: throw RecordFault("expected \"answer\" to be a string, a number or a truth value")
    }
  }

  /// The label for grouping.
  func kind() throws(RecordFault) -> String? {
    guard let value = object["kind"], !value.isNull else { return nil }
    guard let kind = value.stringValue else { throw RecordFault("expected \"kind\" to be a string") }
    return kind
  }

  /// Paths of the pictures, under whichever key.
  func pictures() throws(RecordFault) -> [String] {
    let keys = QuestionShape.pictureKeys.filter(has)
    guard keys.count < 2 else { throw RecordFault("both \"\(keys[0])\" and \"\(keys[1])\" name pictures; keep one") }
    guard let key = keys.first, let value = object[key] else { return [] }
    return try Self.paths(value, key)
  }

  /// Checks that no picture lies under a key that is not read: the question would go without it.
  func requireNoPicture(under keys: [String]) throws(RecordFault) {
    for key in keys {
      let values = object[key]?.arrayValue ?? [object[key] ?? .null]
      let isPicture = values.contains { value in
        value.stringValue.map { PictureName.isOne($0) && !$0.contains(where: \.isNewline) } ?? false
      }
      guard isPicture || QuestionShape.pictureKeys.contains(key.lowercased()) else { continue }
      throw RecordFault("\"\(key.displayed)\" looks like a picture and is not read; call it \"image\", or take it away")
    }
  }

  private static func paths(_ value: JSONValue, _ key: String) throws(RecordFault) -> [String] {
    let list = value.arrayValue ?? [value]
    var paths: [String] = []
    for element in list {
      // As OpenAI has it: {"url": "…"}.
      guard let path = element.stringValue ?? element["url"]?.stringValue else {
        throw RecordFault("expected \"\(key)\" to be a path or a list of paths")
      }
      paths.append(try file(path, key))
    }
    return paths
  }

  /// A path that may lead to a file.
  private static func file(_ path: String, _ key: String) throws(RecordFault) -> String {
    // The system would take what comes before it for the name.
    guard !path.utf8.contains(0) else {
      throw RecordFault("no file can be called '\(path.displayed)': a path holds no U+0000")
    }
    guard !path.isEmpty else { throw RecordFault("\"\(key)\" is empty; take it away if there is no picture") }
    for start in ["http://", "https://", "data:"] where path.hasPrefix(start) {
      throw RecordFault("\"\(key)\" begins with \(start); pictures are read from files: save it, and give its path")
    }
    return path.hasPrefix("file://") ? String(path.dropFirst("file://".count)) : path
  }
}

extension Record {
  /// What one side said, with the pictures that it showed.
  struct Turn {
    let speaker: String
    let text: String
    let pictures: [String]
  }

  /// A conversation, turn by turn.
  func turns(_ key: String, speaker: String, words: String) throws(RecordFault) -> [Turn] {
    guard let list = object[key]?.arrayValue else { throw RecordFault("expected \"\(key)\" to be a list") }
    var turns: [Turn] = []
    for element in list {
      guard let who = element[speaker]?.stringValue, let content = element[words] else {
        throw RecordFault("expected each of \"\(key)\" to have \"\(speaker)\" and \"\(words)\"")
      }
      let (text, pictures) = try Self.content(content, words)
      turns.append(Turn(speaker: who, text: text, pictures: pictures))
    }
    return turns
  }

  /// A text, or parts of which some are pictures; these stand where `<image>` stands in the text.
  private static func content(_ value: JSONValue, _ key: String) throws(RecordFault) -> (String, [String]) {
    if let text = value.stringValue { return (text, []) }
    guard let parts = value.arrayValue else {
      throw RecordFault("expected \"\(key)\" to be a string or a list of parts")
    }
    var text = "", pictures: [String] = []
    for part in parts {
      if let words = part["text"]?.stringValue {
        text += words
      } else if let value = part["image"] ?? part["image_url"] ?? part["path"] ?? part["url"] {
        pictures += try paths(value, "image")
        text += ImagePlaceholder.text + "\n"
      } else {
        throw RecordFault("expected each part of \"\(key)\" to be a text or a picture")
      }
    }
    return (text, pictures)
  }

  /// The question of a conversation of one question and one answer.
  func question(of turns: [Turn], user: [String], model: [String]) throws(RecordFault) -> Question {
    if turns.contains(where: { $0.speaker == "system" }) {
      throw RecordFault("a system message of one question is not read; take it away, and give it to all with --system")
    }
    guard let asked = turns.first, user.contains(asked.speaker) else {
      throw RecordFault("expected the conversation to begin with \"\(user[0])\"")
    }
    guard turns.count <= 2 else {
      throw RecordFault("\(turns.count) turns: a question and its answer are read; make a line of each such pair")
    }
    guard turns.count < 2 || model.contains(turns[1].speaker) else {
      throw RecordFault("expected \"\(model[0])\" to answer, found \"\(turns[1].speaker.displayed)\"")
    }
    let shown = asked.pictures, named = try pictures()
    guard shown.isEmpty || named.isEmpty else {
      throw RecordFault("pictures both in a message and beside it; keep one")
    }
    return Question(
      images: shown + named, text: asked.text, answer: turns.count > 1 ? turns[1].text : nil, kind: try kind())
  }
}

/// Where a picture stands in a text.
enum ImagePlaceholder {
  static let text = "<image>"
}
