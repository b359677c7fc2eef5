// The table of benchmarks: recognition, answers, groups, decisions.
import Benchmarks
import JSON
import Tensors
import Testing

@Suite struct BenchmarkTests {
  @Test func `names are unique, and every benchmark can be recognised by each of its files`() {
    #expect(Set(Benchmark.all.map(\.name)).count == Benchmark.all.count)
    for benchmark in Benchmark.all {
      for pattern in benchmark.files {
        let stem = pattern.hasSuffix("*") ? String(pattern.dropLast()) : pattern
        for suffix in [".tsv", "_local.tsv"] {
          let found = Benchmark.recognized(file: "dir/" + stem + suffix, columns: benchmark.columns + ["index"])
          #expect(found.name == benchmark.name, "\(stem)")
        }
      }
    }
  }

  @Test func `a file without a benchmark's columns, or of another name, goes by the generic rules`() {
    #expect(Benchmark.recognized(file: "WeMath.tsv", columns: ["question", "answer"]).claim != .score)
    let other = Benchmark.recognized(file: "mine.tsv", columns: ["question", "answer"])
    #expect(other.name == "mine" && other.claim == .partly("recognised by its columns only"))
  }

  @Test(arguments: [
    (["A": "x", "B": "y", "answer": "B"], #"letter("B""#), (["A": "x", "B": "y", "answer": "Y"], #"letter("B""#),
    (["answer": "yes"], "yesNo(true)"), (["answer": "1,200"], "number"),
    (["answer": "['a', 'b']"], #"text(["a", "b"])"#),
    (["answer": "a word"], #"text(["a word"])"#),
  ])
  func `by looks, an answer is a letter, yes or no, a number or a text`(cells: [String: String], key: String) throws {
    guard case .rule(let found) = try AnswerRule.byLooks.scoring(of: row(cells)) else {
      return #expect(Bool(false), "scored by rule")
    }
    #expect("\(found)".contains(key))
  }

  @Test(arguments: [
    (AnswerRule.options(), ["A": "x", "C": "z", "answer": "B"], "the answer \"B\" is none of the options A, C"),
    (.options(inPicture: "A"..."D"), ["answer": "E"], "the answer \"E\" is none of the options A, B, C, D"),
    (.severalLetters(inPicture: "A"..."C"), ["answer": "A, D"], "the answer \"A, D\" is none of the options A, B, C"),
    (
      .choices(right: "answer"), ["choices": "['a'", "answer": "A"],
      "expected a list in Python's or JSON's syntax: expected ',' or ']' at byte 4 of the cell"
    ),
    (.yesNo, ["answer": "maybe"], "expected Yes or No, found \"maybe\""),
    (.number, ["answer": "three"], "expected a number, found \"three\""),
    (.list, ["answer": "3"], "expected a list, found \"3\""),
  ])
  func `an answer that the rule cannot use is an error of the row`(
    rule: AnswerRule, cells: [String: String], message: String
  ) {
    let error = #expect(throws: BenchmarkError.self) { try rule.scoring(of: row(cells)) }
    #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("row 1 (index 7), column \"") == true)
  }

  @Test func `a row without an answer is asked and not scored`() throws {
    for rule in [AnswerRule.options(), .yesNo, .number, .byLooks, .choices(right: "answer_option")] {
      #expect(try rule.scoring(of: row(["A": "x"])) == .noAnswer)
    }
    #expect(try AnswerRule.judged.scoring(of: row(["answer": "x"])) == .judged)
  }

  @Test func `figures and question sets are right only if all their rows are`() throws {
    let benchmark = try #require(Benchmark.all.first { $0.name == "HallusionBench" })
    let scores = [("VD_illusion_1_4_0_0", 1.0), ("VD_illusion_1_4_0_1", 1), ("VD_illusion_1_4_1_0", 0)]
    let rows = scores.map { index, score in
      ScoredRow(row: row(["l2-category": "illusion"], index: index), picture: nil, score: score)
    }
    let means = benchmark.metrics.map { metric in
      let decisions = metric.decisions(rows, cluster: benchmark.cluster)
      #expect(Set(decisions.map(\.cluster)) == [0])
      return decisions.map(\.score).reduce(0, +) / Double(decisions.count)
    }
    #expect(benchmark.metrics.map(\.name) == ["aAcc", "fAcc", "qAcc"])
    #expect(means == [2.0 / 3, 0.5, 0.5])
  }

  @Test(
    arguments: [
      ([1, 1, 1], 1.0, 1.0), ([1, 0, 1], 0, 1), ([0, 0, 1], 0, 0), ([1, 1, 0], 0.5, 0.5), ([1, 0, 0], 0, 0),
    ] as [([Double], Double, Double)])
  func `a problem of steps scores strictly or loosely`(scores: [Double], strict: Double, loose: Double) throws {
    let benchmark = try #require(Benchmark.all.first { $0.name == "WeMath" })
    let rows = zip(["2steps_1", "2steps_2", "2steps_multi"], scores).enumerated().map { number, part in
      ScoredRow(row: row(["ID": "5", "key": part.0], index: String(number)), picture: nil, score: part.1)
    }
    let found = benchmark.metrics.map { $0.decisions(rows, cluster: benchmark.cluster).map(\.score) }
    #expect(found == [[strict], [loose]])
    #expect(benchmark.metrics[0].decisions(Array(rows.dropLast()), cluster: .row).isEmpty, "no problem, no decision")
  }

  @Test func `groups come from columns and from lists in them`() {
    let cells = ["task": "naming", "skills": "['a', 'b']", "level": "3"]
    #expect(GroupRule.column("task").groups(of: row(cells)) == ["naming"])
    #expect(GroupRule.list("skills").groups(of: row(cells)) == ["a", "b"])
    #expect(GroupRule.list("level").groups(of: row(cells)) == ["3"])
    #expect(GroupRule.column("split").groups(of: row(cells)).isEmpty)
  }

  @Test func `question lines are rows, and what is wrong is said with its line`() throws {
    let text = """
      {"question": "a?", "image": "1.png", "answer": "<think>hm</think>\\nB", "A": "x", "B": "y", "n": 2}

      {"question": "b?", "images": ["1.png", "2.png"], "id": 9}
      {"text": "plain"}
      {"question": "c?", "id": 9}
      {"question": "d?", "image": 3}
      ["e?"]
      {"question":
      """
    let lines = try QuestionLines(ArrayStorage(Array(text.utf8)), name: "q.jsonl")
    #expect(lines.rowCount == 2)
    #expect(lines.row(0)["answer"] == "B" && lines.row(0)["n"] == "2" && lines.row(0).options.count == 2)
    #expect(lines.row(1).index == "9" && lines.pictures(1) == [.path("1.png"), .path("2.png")])
    #expect(lines.pictureKey(0) == "1.png")
    #expect(
      lines.faults.map(\.description) == [
        "q.jsonl: row 4, offset 158: expected a string \"question\", found nothing",
        "q.jsonl: row 5 (index 9), offset 176: row 3 has the same index; give every row its own",
        "q.jsonl: row 6 (index 6), offset 204: expected \"image\" to be a path or a list of paths, found nothing",
        "q.jsonl: row 7, offset 235: expected an object, found nothing",
        "q.jsonl: row 8, offset 242: expected a list in Python's or JSON's syntax: JSON ends at byte 12 where a value is expected",
      ])
    #expect(throws: BenchmarkError.file("q.jsonl", .empty)) { try QuestionLines(ArrayStorage([0x0A]), name: "q.jsonl") }
  }
}
