// Answers that were made elsewhere: VLMEvalKit's prediction files, or the answers of an earlier evaluation.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import JSON
internal import Storage

/// A file of answers to the rows of one benchmark.
struct AnswersFile {
  /// By the row's index, and the answer's number among those to the row.
  private typealias Answers = [String: [Int: GivenAnswer]]

  private let answers: Answers
  /// Whether no row has more than a first answer.
  private let isSingle: Bool
  /// Whether answers that do not say so may begin inside reasoning: some end it.
  private let endsThinking: Bool

  /// Reads a TSV file with `index` and `prediction`, or JSON lines with `index`, `prediction` or `answer`, and perhaps
  /// `sample`, the answer's number, where the name ends in `.jsonl`. Lines that name another benchmark file by its SHA-256
  /// are passed over.
  /// - Throws: `StorageError`; `BenchmarkError` for a line or row that is no answer, or a second one of the same number.
  init(_ path: String, benchmark: String) throws {
    let mapping = try QuestionTable.storage(path)
    answers =
      path.hasSuffix(".jsonl")
      ? try Self.lines(mapping, path, benchmark: benchmark) : try Self.table(mapping, path)
    isSingle = answers.values.allSatisfy { $0.keys.allSatisfy { $0 == 1 } }
    endsThinking = answers.values.contains { $0.values.contains { $0.answer.text.contains("</think>") } }
  }

  /// How many answers to each row are taken beside `samples` of a model's: as many, or one where the file has no more.
  func count(beside samples: Int) -> Int { isSingle ? 1 : samples }

  /// The first `count` answers to a row; nil if there are fewer.
  /// - Parameter opensThinking: Whether the prompt ends inside reasoning, as the models that are asked here read it.
  func answers(to index: String, count: Int, opensThinking: Bool = false) -> [GivenAnswer]? {
    let given = (1...count).compactMap { answers[index]?[$0] }
    guard given.count == count else { return nil }
    return given.map { given in
      var given = given
      if given.tokenCount == nil { given.answer.opensThinking = opensThinking && endsThinking }
      return given
    }
  }

  private static func table(_ mapping: MappedFile, _ path: String) throws -> Answers {
    var options = TSVFile.Options()
    options.holdsAnswers = true
    let file = try TSVFile(mapping, name: path, options: options)
    if let fault = file.faults.first { throw fault }
    var answers = Answers()
    for number in 0..<file.rowCount {
      let row = try file.row(number)
      guard file.columns.contains("prediction") else {
        throw row.fault(.unusable(expected: "a column \"prediction\"", found: file.columns.joined(separator: ", ")))
      }
      answers[row.index] = [1: GivenAnswer(ModelAnswer(row["prediction"] ?? ""), tokenCount: nil)]
    }
    return answers
  }

  private static func lines(_ mapping: MappedFile, _ path: String, benchmark: String) throws -> Answers {
    var answers = Answers()
    var firstLines: [String: [Int: Int]] = [:], maker: [JSONValue?]?
    var next = mapping.line(1, from: 0)
    while let line = next {
      next = mapping.line(line.number + 1, from: line.end)
      guard line.bytes.contains(where: { $0 > UInt8(ascii: " ") }) else { continue }
      var place = BenchmarkError.Place(file: path, row: line.number, offset: line.offset)
      let json: JSONValue
      do throws(JSONError) {
        json = try JSONValue(parsing: line.bytes)
      } catch {
        throw BenchmarkError.row(place, .notALiteral("\(error)"))
      }
      if let digest = json["benchmark"]?.stringValue, digest != benchmark { continue }
      let given =
        GivenAnswer(line: json)
        ?? (json["prediction"] ?? json["answer"])?.stringValue.map { GivenAnswer(ModelAnswer($0), tokenCount: nil) }
      guard let index = json["index"]?.stringValue ?? json["index"]?.intValue.map({ String($0) }), let given else {
        throw BenchmarkError.row(place, .unusable(expected: "\"index\" and \"prediction\"", found: nil))
      }
      place.index = index
      let sample = json["sample"].map { $0.intValue ?? 0 } ?? 1
      guard sample >= 1 else {
        throw BenchmarkError.row(place, .unusable(expected: "\"sample\", a number counted from 1", found: nil))
      }
      let made = [json["model"], json["settings"]]
      guard made == maker ?? made else {
        throw BenchmarkError.row(place, .unusable(expected: "answers of one model by one setting", found: "others too"))
      }
      maker = made
      if let first = firstLines[index]?[sample] { throw BenchmarkError.row(place, .duplicateIndex(firstRow: first)) }
      firstLines[index, default: [:]][sample] = line.number
      answers[index, default: [:]][sample] = given
    }
    return answers
  }
}
