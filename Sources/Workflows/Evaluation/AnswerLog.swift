// Answers that stay: a file of JSON lines that a stopped evaluation goes on from. Formats/evaluation.md.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import JSON
internal import Storage

/// What an answer belongs to: the same six give the same answer.
struct AnswerID: Hashable {
  /// SHA-256 of the benchmark file.
  var benchmark: String
  /// The row's index.
  var index: String
  /// The model's content id.
  var model: String
  /// SHA-256 of the settings.
  var settings: String
  /// SHA-256 of the prompt; see `BenchmarkFile.asked`.
  var question: String
  /// The answer's number among those to the row, counted from 1.
  var sample = 1

  /// The same for another of a row's answers.
  func numbered(_ number: Int) -> AnswerID {
    var id = self
    id.sample = number
    return id
  }
}

/// Answers by what they belong to.
final class AnswerLog {
  private static let beginning = "{\"benchmark\":\""

  /// Nil keeps answers in memory alone.
  private var file: LineLog?
  private var answers: [AnswerID: GivenAnswer] = [:]

  /// Reads the answers of the file `path`, and holds its lock; nil is an empty log in memory.
  /// - Throws: `StorageError`; `WorkflowError.notAnAnswer` for a line of something else.
  init(path: String?, permissions: OutputPermissions) throws {
    guard let path else { return }
    var found: [AnswerID: GivenAnswer] = [:]
    file = try LineLog(path: path, beginning: Self.beginning, permissions: permissions) { line in
      guard let json = try? JSONValue(parsing: line.bytes), let (id, answer) = Self.parsed(json) else {
        throw WorkflowError.notAnAnswer(path: path, line: line.number, offset: line.offset)
      }
      found[id] = found[id] ?? answer
    }
    answers = found
  }

  /// The answer that is there.
  subscript(id: AnswerID) -> GivenAnswer? { answers[id] }

  /// Adds an answer; it is on the disk then.
  /// - Parameter row: The row's number, counted from 1.
  /// - Throws: `StorageError.failed`; then the file has all that it had.
  func add(_ answer: GivenAnswer, _ id: AnswerID, row: Int) throws {
    try file?.append(Self.json(answer, id, row: row).serialized(.compact))
    answers[id] = answer
  }

  // MARK: Lines

  private static func json(_ given: GivenAnswer, _ id: AnswerID, row: Int) -> JSONValue {
    var line: JSONObject = [
      "benchmark": .string(id.benchmark), "index": .string(id.index), "model": .string(id.model),
      "settings": .string(id.settings), "question": .string(id.question), "row": .integer(row),
      "answer": .string(given.answer.text), "opens_thinking": .bool(given.answer.opensThinking),
      "truncated": .bool(given.answer.isTruncated), "tokens": given.tokenCount.map(JSONValue.integer) ?? .null,
    ]
    if id.sample > 1 { line["sample"] = .integer(id.sample) }
    if let letters = given.letters {
      var object = JSONObject()
      for letter in letters.keys.sorted() { object[letter] = letters[letter].map(JSONValue.double) }
      line["letters"] = .object(object)
    }
    return .object(line)
  }

  private static func parsed(_ json: JSONValue) -> (AnswerID, GivenAnswer)? {
    guard let benchmark = json["benchmark"]?.stringValue, let index = json["index"]?.stringValue,
      let model = json["model"]?.stringValue, let settings = json["settings"]?.stringValue,
      let question = json["question"]?.stringValue, let given = GivenAnswer(line: json)
    else { return nil }
    let sample = json["sample"].map { $0.intValue ?? 0 } ?? 1
    guard sample >= 1 else { return nil }
    let id = AnswerID(
      benchmark: benchmark, index: index, model: model, settings: settings, question: question, sample: sample)
    return (id, given)
  }
}

extension GivenAnswer {
  /// The answer in a line of a log; nil if it has none.
  init?(line: JSONValue) {
    guard let text = line["answer"]?.stringValue, let opensThinking = line["opens_thinking"]?.boolValue,
      let isTruncated = line["truncated"]?.boolValue
    else { return nil }
    var letters: [String: Double]?
    for (letter, value) in line["letters"]?.objectValue?.members ?? [] {
      guard let value = value.doubleValue else { return nil }
      letters = (letters ?? [:]).merging([letter: value]) { $1 }
    }
    self.init(
      ModelAnswer(text, opensThinking: opensThinking, isTruncated: isTruncated), tokenCount: line["tokens"]?.intValue,
      letters: letters)
  }
}
