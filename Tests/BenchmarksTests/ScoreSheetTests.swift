// Answers to whole benchmarks: what is counted, per split and group, and which rows a smaller sample has.
import Benchmarks
import Testing

@Suite struct ScoreSheetTests {
  private let mmmu: Benchmark

  init() throws { mmmu = try #require(Benchmark.all.first { $0.name == "MMMU_DEV_VAL" }) }

  private func outcome(_ text: String, _ cells: [String: String], _ index: String) throws -> RowOutcome {
    try mmmu.outcome(of: ModelAnswer(text), to: row(cells, index: index), picture: index)
  }

  private func sheet() throws -> ScoreSheet {
    let choice = ["A": "cat", "B": "dog", "answer": "B", "category": "Pets", "split": "validation"]
    let open = ["answer": "1/2", "category": "Sums", "split": "validation"]
    return ScoreSheet([
      try outcome("B", choice.merging(["split": "dev"]) { $1 }, "0"), try outcome("\\boxed{B}", choice, "1"),
      try outcome("<think>never ending", choice, "2"), try outcome("I cannot say", choice, "3"),
      try outcome("\\boxed{0.5}", open, "4"), try outcome("", open, "5"),
      try outcome("A", choice.filter { $0.key != "answer" }, "6"),
    ])
  }

  @Test func `only the main split makes the score, and rows without an answer do not`() throws {
    let main = try sheet().main(of: mmmu)
    #expect(main.outcomes.count == 6)
    #expect(main.scored().map(\.score) == [1, 0, 0, 1, 0])
    #expect(main.outcomes[5].score == nil && main.outcomes[5].extraction.answer == "A")
  }

  @Test func `states are counted for every row`() throws {
    let main = try sheet().main(of: mmmu)
    #expect(AnswerState.allCases.map { main.count($0) } == [3, 1, 1, 1])
    #expect(main.truncatedCount == 0)
  }

  @Test func `groups have sheets of their own`() throws {
    let groups = try sheet().main(of: mmmu).groups(.column("category"))
    #expect(groups.map(\.name) == ["Pets", "Sums"])
    #expect(groups.map(\.sheet.outcomes.count) == [4, 2])
  }

  @Test func `another rule's scores stand beside ours`() throws {
    let main = try sheet().main(of: mmmu)
    // `\boxed{B}` is a letter to VLMEvalKit too; 0.5 is not the text 1/2.
    #expect(main.scored { $0.compatible[.may2025].map { $0 ? 1 : 0 } }.map(\.score) == [1, 0, 0, 0, 0])
    #expect(main.outcomes.allSatisfy { $0.roundedScore == nil })
  }

  @Test func `a smaller sample has whole groups, the same for a seed whatever the order of the file`() {
    let keys = (0..<40).map { "group \($0 / 4)" }
    let some = RowSample.rows(keys: keys, limit: 14, seed: 1)
    #expect(some.count == 12)
    #expect(Dictionary(grouping: some) { $0 / 4 }.values.allSatisfy { $0.count == 4 })
    let turned = RowSample.rows(keys: keys.reversed(), limit: 14, seed: 1)
    #expect(turned.map { 39 - $0 }.sorted() == some)
    #expect(Set(some).isSubset(of: RowSample.rows(keys: keys, limit: 20, seed: 1)))
    #expect(RowSample.rows(keys: keys, limit: 14, seed: 2) != some)
    #expect(RowSample.rows(keys: keys, limit: 1, seed: 1).count == 4, "at least one group")
    #expect(RowSample.rows(keys: keys, limit: 100, seed: 1) == Array(0..<40))
    #expect(RowSample.rows(keys: [], limit: 5, seed: 1).isEmpty)
  }
}
