// Questions about pictures, and plain text, as a JSONL file gives them.
public import Basics
internal import JSON

/// One line of a questions file.
public struct Question: Sendable, Equatable {
  /// Paths of pictures, relative to the file they were read from.
  public var images: [String]
  /// What is asked; for plain text, the text itself.
  public var text: String
  /// Whether `text` is taken as it is, without a chat template.
  public var isPlainText: Bool
  /// What the model should say, if the line tells.
  public var answer: String?
  /// A label for grouping, if the line has one.
  public var kind: String?

  public init(
    images: [String] = [], text: String, isPlainText: Bool = false, answer: String? = nil, kind: String? = nil
  ) {
    self.images = images
    self.text = text
    self.isPlainText = isPlainText
    self.answer = answer
    self.kind = kind
  }

  /// Reads a JSONL file: every line an object with `question` (or `text` for plain text), optionally `image` (a string
  /// or a list) or `images`, `answer` and `kind`. Other keys are ignored; empty lines are skipped.
  ///
  /// - Throws: `QuestionError` with the line's number.
  public static func parse(_ bytes: [UInt8], file: String) throws(QuestionError) -> [Question] {
    var questions: [Question] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { continue }
      questions.append(try Question(line: line, place: QuestionError.Place(file: file, line: index + 1)))
    }
    guard !questions.isEmpty else { throw .empty(file: file) }
    return questions
  }

  private init(line: ArraySlice<UInt8>, place: QuestionError.Place) throws(QuestionError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      throw .malformed(place, "\(error)")
    }
    guard let object = value.objectValue else { throw .malformed(place, "expected an object") }
    if let text = object["text"]?.stringValue, object["question"] == nil {
      guard !text.isEmpty else { throw .malformed(place, "\"text\" is empty; give it words, or take the line away") }
      self.init(text: text, isPlainText: true)
      return
    }
    guard let question = object["question"]?.stringValue else {
      throw .malformed(place, "expected a string \"question\" or \"text\"")
    }
    self.init(
      images: try Question.images(object["images"] ?? object["image"], place), text: question,
      answer: object["answer"]?.stringValue, kind: object["kind"]?.stringValue)
  }

  private static func images(_ value: JSONValue?, _ place: QuestionError.Place) throws(QuestionError) -> [String] {
    guard let value, !value.isNull else { return [] }
    let list = value.arrayValue ?? [value]
    let paths = list.compactMap(\.stringValue)
    guard paths.count == list.count else {
      throw .malformed(place, "expected \"image\" to be a path or a list of paths")
    }
    // The system would take what comes before it for the name.
    if let path = paths.first(where: { $0.utf8.contains(0) }) {
      throw .malformed(place, "no file can be called '\(path.displayed)': a path holds no U+0000")
    }
    return paths
  }
}

/// What is wrong with a questions file.
public enum QuestionError: CategorizedError, Equatable {
  /// A line of a file.
  public struct Place: Sendable, Equatable {
    public let file: String
    /// Counted from 1.
    public let line: Int
  }

  /// A line is not what a question must be.
  case malformed(Place, String)
  /// No line holds a question.
  case empty(file: String)

  public var category: FailureCategory { .malformedInput }

  public var description: String {
    switch self {
    case .malformed(let place, let problem): "\(place.file.displayed):\(place.line): \(problem)"
    case .empty(let file):
      "\(file.displayed): holds no question; give one JSON object per line, e.g. {\"question\": \"…\"}"
    }
  }
}
