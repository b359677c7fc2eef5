// The shapes of records that people have: one value for each, and the table of them. A record is read whole or refused.
internal import Basics
internal import JSON

/// What is wrong with a record, without its place.
struct RecordFault: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

/// How a record tells a question.
struct QuestionShape: Sendable {
  /// For people.
  let name: String
  /// The key that it is known by.
  let mark: String
  /// Other keys that are read.
  let keys: Set<String>
  /// The question that is in a record.
  let read: @Sendable (Record) throws(RecordFault) -> Question

  /// In this order: the first whose mark a record has.
  static let all = [question, conversation, messages, llavaQuestion, plainText]

  /// Keys that name pictures, here and elsewhere.
  static let pictureKeys = [
    "image", "images", "img", "image_path", "image_paths", "image_file", "image_files", "image_url", "picture",
  ]
  /// Keys that tell nothing that could change what a model reads.
  static let labels: Set = [
    "id", "question_id", "index", "kind", "category", "type", "source", "dataset", "metadata",
    "reference",
  ]

  /// Ours: `question`, with pictures, `answer` and `kind`.
  private static let question = QuestionShape(
    name: "question", mark: "question", keys: ["answer"]
  ) { record throws(RecordFault) in
    Question(
      images: try record.pictures(), text: try record.text("question"), answer: try record.answer(),
      kind: try record.kind())
  }

  /// LLaVA's question files, and those of its benchmarks: `text` is a question where there is a picture or an id.
  private static let llavaQuestion = QuestionShape(
    name: "LLaVA question", mark: "text", keys: ["answer"],
    isOne: { record in
      record.has("question_id") || pictureKeys.contains(where: record.has)
    }
  ) { record throws(RecordFault) in
    Question(
      images: try record.pictures(), text: try record.text("text"), answer: try record.answer(), kind: try record.kind()
    )
  }

  /// `text` alone, which is read without a template.
  private static let plainText = QuestionShape(name: "text", mark: "text", keys: []) { record throws(RecordFault) in
    Question(text: try record.text("text"), isPlainText: true)
  }

  /// InternVL's and LLaVA's fine-tuning files (ShareGPT): `conversations` of `from` and `value`.
  private static let conversation = QuestionShape(
    name: "conversation", mark: "conversations", keys: ["width", "height", "width_list", "height_list"]
  ) { record throws(RecordFault) in
    let turns = try record.turns("conversations", speaker: "from", words: "value")
    return try record.question(of: turns, user: ["human", "user"], model: ["gpt", "assistant", "model"])
  }

  /// OpenAI's and Hugging Face's: `messages` of `role` and `content`.
  private static let messages = QuestionShape(
    name: "messages", mark: "messages", keys: []
  ) { record throws(RecordFault) in
    let turns = try record.turns("messages", speaker: "role", words: "content")
    return try record.question(of: turns, user: ["user"], model: ["assistant"])
  }

  private let isOne: @Sendable (Record) -> Bool

  private init(
    name: String, mark: String, keys: Set<String>, isOne: @escaping @Sendable (Record) -> Bool = { _ in true },
    read: @escaping @Sendable (Record) throws(RecordFault) -> Question
  ) {
    self.name = name
    self.mark = mark
    self.keys = keys
    self.isOne = isOne
    self.read = read
  }

  /// The shape of a record.
  /// - Throws: `RecordFault` that says which shapes there are.
  static func of(_ record: Record) throws(RecordFault) -> QuestionShape {
    if let shape = all.first(where: { record.has($0.mark) && $0.isOne(record) }) { return shape }
    let found = record.object.keys.prefix(8).map { "\"\($0.displayed)\"" }.joined(separator: ", ")
    throw RecordFault(
      "expected \"question\" or \"text\" (or \"conversations\", or \"messages\"), found \(found.isEmpty ? "no key" : found)"
    )
  }

  /// Keys of a record that nothing is made of.
  func unknownKeys(of record: Record) -> [String] {
    record.object.keys.filter { key in
      key != mark && !keys.contains(key) && !Self.labels.contains(key) && !Self.pictureKeys.contains(key)
    }
  }
}
