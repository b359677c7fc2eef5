// Rules of VLMEvalKit against its own functions (Scripts/golden/benchmark_rules.py).
import Benchmarks
import JSON
import Testing

@Suite struct VLMEvalKitTests {
  @Test(arguments: [
    (VLMEvalKitRule.options, 207), (.optionsOrOpen, 276), (.optionsInAnswerLine, 138), (.boxedLetter, 138),
    (.firstLetterBehindAnswer, 138), (.phyX, 138), (.yesNo, 90), (.mathVista, 381), (.mathVision, 258), (.relaxed, 105),
    (.contained, 26),
  ])
  func `every made-up answer is right or wrong as the original says, in both versions`(
    rule: VLMEvalKitRule, count: Int
  ) throws {
    let document = try resource("vlmevalkit.json")
    let versions = try #require(document["versions"]?.arrayValue).compactMap(\.stringValue)
    #expect(versions == VLMEvalKitVersion.allCases.map(\.rawValue))
    let answers = try #require(document["answers"]?.arrayValue).filter { $0["rule"]?.stringValue == "\(rule)" }
    #expect(answers.count == count)
    for answer in answers {
      let row = row(try #require(answer["row"]).strings)
      let prediction = try #require(answer["prediction"]?.stringValue)
      let expected = try #require(answer["right"]?.arrayValue).map(\.boolValue)
      let found = VLMEvalKitVersion.allCases.map { rule.isRight(prediction, row, version: $0) }
      #expect(found == expected, "\(prediction.debugDescription), \(answer["row"].map { "\($0.strings)" } ?? "")")
    }
  }

  @Test(arguments: ["HallusionBench", "WeMath", "MMBench"])
  func `scores of rows become the benchmark's score as in the original`(name: String) throws {
    let document = try #require(try resource("vlmevalkit.json")["benchmarks"]?[name])
    let benchmark = try #require(Benchmark.all.first { $0.name == name })
    let rows = try #require(document["rows"]?.arrayValue).map { value in
      let cells = value.strings
      let row = row(cells, index: cells["index"] ?? "")
      let isRight = cells["prediction"].map { benchmark.compatibility?.isRight($0, row, version: .august2026) == true }
      return ScoredRow(row: row, picture: nil, score: value["score"]?.doubleValue ?? (isRight == true ? 1 : 0))
    }
    let metrics = try #require(document["metrics"]?.objectValue?.members)
    #expect(!metrics.isEmpty)
    for (metricName, expected) in metrics {
      let metric = try #require(benchmark.metrics.first { $0.name == metricName })
      let decisions = metric.decisions(rows, cluster: benchmark.cluster)
      let score = decisions.map(\.score).reduce(0, +) / Double(decisions.count)
      #expect(abs(score - (expected.doubleValue ?? .nan)) < 1e-12, "\(metricName)")
    }
  }
}
