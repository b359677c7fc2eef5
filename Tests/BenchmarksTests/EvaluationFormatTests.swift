// Formats/evaluation.md: its examples are the code's.
import Benchmarks
import Foundation
import JSON
import Testing

private struct Example {
  let key: AnswerKey
  let answer: ModelAnswer
  /// What is read; nil if nothing is.
  let read: String?
  /// Step or state.
  let stage: String
  let score: Double

  init(_ line: String) throws {
    let values = try #require(try JSONValue(parsing: line).arrayValue)
    try #require(values.count == 6)
    let right = try #require(values[1].stringValue), text = try #require(values[2].stringValue)
    let shapes = [("A", "circle"), ("B", "triangle"), ("C", "star"), ("D", "none of these")]
    let options = shapes.map { AnswerOption(letter: Character($0), text: $1) }
    let elements = try? PythonLiteral(parsing: right).texts
    key =
      switch values[0].stringValue {
      case "letter": .letter(Character(right), of: options)
      case "letters": .letters(Set(right.filter(\.isLetter)), of: options)
      case "yes or no": .yesNo(right == "Yes")
      case "number": .number(right)
      case "formula": .value(right)
      case "list": .list(elements ?? [])
      case "contained": .contained([right], ignoringBlanks: false)
      case "relaxed": .relaxed([right])
      default: .text([right])
      }
    let isThinking = text.hasPrefix("think:")
    answer = ModelAnswer(isThinking ? String(text.dropFirst(6)) : text, opensThinking: isThinking)
    read = values[3].stringValue
    stage = try #require(values[4].stringValue)
    score = try #require(values[5].doubleValue)
  }
}

@Suite struct EvaluationFormatTests {
  private let document: String

  init() throws {
    let root = #filePath.dropLast("Tests/BenchmarksTests/EvaluationFormatTests.swift".count)
    document = try String(contentsOfFile: root + "Formats/evaluation.md", encoding: .utf8)
  }

  @Test func `every example of rule v1 reads and scores as the document says`() throws {
    let block = try #require(
      document.components(separatedBy: "```jsonl\n").last?.components(separatedBy: "\n```").first)
    let lines = block.split(separator: "\n").map { String($0) }
    #expect(lines.count == 29)
    for line in lines {
      let example = try Example(line)
      let extraction = example.key.extraction(from: example.answer)
      #expect(extraction.answer == example.read, "\(line)")
      #expect((extraction.step?.rawValue ?? extraction.state.rawValue) == example.stage, "\(line)")
      #expect(example.key.score(extraction) == example.score, "\(line)")
    }
  }

  @Test func `the document names every benchmark, whether VLMEvalKit has a rule, and every missing word`() throws {
    for benchmark in Benchmark.all {
      let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }
      let file = benchmark.files[0].hasSuffix("_COT") ? "…_COT" : benchmark.files[0]
      let name = benchmark.name == "MathVerse_cot" ? "MathVerse*" : file
      let row = try #require(
        rows.first { $0.contains("`\(name)`") || $0.contains("`\(benchmark.files[0])`") }, "\(name)")
      #expect(row.contains("†") == (benchmark.compatibility != nil), "\(name)")
    }
    let file = try tsv("index\tquestion\tA\n" + missing.map { "\($0.0)\tq\t\($0.1)\n" }.joined())
    #expect(missing.count == 18 && file.missingWordCount == 18)
    for (number, word) in missing {
      #expect(document.contains("`\(word)`"), "\(word)")
      #expect(try file.row(number).options.isEmpty)
    }
  }

  private var missing: [(Int, String)] {
    let words = "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null"
    return Array(words.split(separator: "|").map { String($0) }.enumerated())
  }
}
