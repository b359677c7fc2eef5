// Answers that stay: a file of JSON lines that a stopped evaluation goes on from. Formats/evaluation.md.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import JSON
internal import Storage

/// What an answer belongs to: the same five give the same answer.
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
    [
      "benchmark": .string(id.benchmark), "index": .string(id.index), "model": .string(id.model),
      "settings": .string(id.settings), "question": .string(id.question), "row": .integer(row),
      "answer": .string(given.answer.text), "opens_thinking": .bool(given.answer.opensThinking),
      "truncated": .bool(given.answer.isTruncated), "tokens": given.tokenCount.map(JSONValue.integer) ?? .null,
    ]
  }

  private static func parsed(_ json: JSONValue) -> (AnswerID, GivenAnswer)? {
    guard let benchmark = json["benchmark"]?.stringValue, let index = json["index"]?.stringValue,
      let model = json["model"]?.stringValue, let settings = json["settings"]?.stringValue,
      let question = json["question"]?.stringValue, let given = GivenAnswer(line: json)
    else { return nil }
    let id = AnswerID(benchmark: benchmark, index: index, model: model, settings: settings, question: question)
    return (id, given)
  }
}

extension GivenAnswer {
  /// The answer in a line of a log; nil if it has none.
  init?(line: JSONValue) {
    guard let text = line["answer"]?.stringValue, let opensThinking = line["opens_thinking"]?.boolValue,
      let isTruncated = line["truncated"]?.boolValue
    else { return nil }
    self.init(
      ModelAnswer(text, opensThinking: opensThinking, isTruncated: isTruncated), tokenCount: line["tokens"]?.intValue)
  }
}
