// The sample in the layout of every benchmark (Scripts/golden/benchmark_sample.py): recognised, asked and
// scored.
import Benchmarks
import Foundation
import JSON
import SampleModel
import Storage
import Testing

private struct SampleFile {
  let file: TSVFile
  let benchmark: Benchmark

  /// - Parameter name: What the file is recognised by, where that is not its own name.
  init(_ stem: String, as name: String? = nil) throws {
    let path = Bundle.module.bundlePath + "/Resources/sample/\(stem).tsv"
    file = try TSVFile(MappedFile(path: path), name: "\(name ?? stem).tsv")
    benchmark = Benchmark.recognized(file: file.name, columns: file.columns)
  }

  /// One answer key or reason against it for each row.
  func scorings() throws -> [RowScoring] {
    try (0..<file.rowCount).map { try benchmark.answer.scoring(of: file.row($0)) }
  }
}

private let stems = [
  "MMMU_DEV_VAL", "MMMU_Pro_10c", "MMMU_Pro_V", "MMStar", "MMBench_DEV_EN_V11", "HallusionBench", "MathVista_MINI",
  "MathVision", "WeMath", "VisuLogic", "LogicVista", "EMMA", "MMK12", "MME-Reasoning", "PHYX", "PhyX_mini_MC",
  "AI2D_TEST",
  "ChartQA_TEST", "OCRBench", "RealWorldQA", "MathVerse_MINI_Vision_Only", "SeePhys", "own_choices",
]

@Suite struct SampleFileTests {
  @Test(arguments: stems) func `files are recognised by name, and no row is lost but one without a picture`(
    stem: String
  ) throws {
    let sample = try SampleFile(stem)
    #expect(Benchmark.all.contains { $0.name == sample.benchmark.name } == (stem != "own_choices"))
    #expect(stem.hasPrefix(sample.benchmark.name.prefix(4)), "\(sample.benchmark.name)")
    let pictureless = stem == "HallusionBench" ? 1 : 0
    #expect(sample.file.faults.count == pictureless, "\(sample.file.faults)")
    #expect(sample.file.rowCount >= 2)
  }

  @Test(arguments: stems) func `pictures come out byte for byte`(stem: String) throws {
    let images = try SampleModel().directory + "/evaluation/"
    let names = try FileManager.default.contentsOfDirectory(atPath: images + "images")
    let known = try Set(names.map { try readFile(images + "images/" + $0, limit: 1 << 20) })
    let file = try SampleFile(stem).file
    for number in 0..<file.rowCount {
      let pictures = try file.pictures(number)
      #expect(pictures.count == (stem == "MMMU_DEV_VAL" && number < file.rowCount - 1 ? 2 : 1))
      for picture in pictures {
        switch picture {
        case .bytes(let bytes): #expect(known.contains(bytes))
        case .path(let path):
          #expect(stem == "own_choices")
          #expect(try known.contains(readFile(images + path, limit: 1 << 20)))
        }
      }
    }
  }

  @Test func `every row is asked as VLMEvalKit asks it`() throws {
    let prompts = try #require(try resource("vlmevalkit.json")["prompts"]?.objectValue?.members)
    #expect(prompts.count == 25)
    for (name, rows) in prompts {
      let stem = ["_COT", "_cot"].reduce(name) { $0.hasSuffix($1) ? String($0.dropLast(4)) : $0 }
      let sample = try SampleFile(stem, as: name)
      let expected = try #require(rows.arrayValue)
      try #require(sample.file.rowCount == expected.count)
      for (number, parts) in expected.enumerated() {
        let row = try sample.file.row(number)
        let found = try sample.benchmark.prompt.parts(for: row, pictures: sample.file.pictures(number).count)
        let wanted = try #require(parts.arrayValue).map { part in
          part.stringValue.map(PromptPart.text) ?? .picture(part.intValue ?? -1)
        }
        #expect(found == wanted, "\(name), row \(number)")
      }
    }
  }

  @Test func `EMMA is asked as the authors' script asks it, None for a missing context included`() throws {
    let sample = try SampleFile("EMMA")
    let choice = try sample.benchmark.prompt.parts(for: sample.file.row(0), pictures: 1)
    #expect(choice.count == 3)
    #expect(choice[0] == .text("None\nWhat is in the image? "))
    guard case .text(let rest) = choice[2] else { return #expect(Bool(false), "text behind the picture") }
    #expect(rest.hasPrefix("\nA: There is a "))
    let ending =
      "\n\nAnswer with the option's letter from the given choices and put the letter in one \"\\boxed{}\". "
      + "Please solve the problem step by step."
    #expect(rest.hasSuffix(ending))
    let open = try sample.benchmark.prompt.parts(for: sample.file.row(2), pictures: 1)
    let asked =
      "What is the sum of the two digits?\nAnswer the question using a single word or phrase and put the answer in "
      + "one \"\\boxed{}\". Please solve the problem step by step."
    #expect(open == [.text("Two digits are written.\n"), .picture(0), .text(asked)])
  }

  @Test func `MMK12 brings a system message and asks the question alone`() throws {
    let sample = try SampleFile("MMK12")
    #expect(sample.benchmark.prompt.system?.contains(#"wrapped using the \\boxed{} command. Th answer"#) == true)
    let parts = try sample.benchmark.prompt.parts(for: sample.file.row(0), pictures: 1)
    #expect(parts == [.picture(0), .text("What is the sum of the two digits?")])
  }

  @Test(arguments: stems)
  func `the right answer in a box scores, another does not, and what needs a judge is not scored`(
    stem: String
  ) throws {
    let sample = try SampleFile(stem)
    let scorings = try sample.scorings()
    let judged = ["MathVerse_MINI_Vision_Only": 2, "SeePhys": 2, "MME-Reasoning": 2][stem] ?? 0
    #expect(scorings.count { $0 == .judged } == judged)
    #expect(!scorings.contains(.noAnswer))
    for (number, scoring) in scorings.enumerated() {
      guard case .rule(let key) = scoring else { continue }
      let row = try sample.file.row(number)
      let column = row["question_type"] == "multi_choice" ? "answer_option" : "answer"
      let answer = try #require(row[column])
      let said =
        stem == "OCRBench"
        ? "It says \(try #require(PythonLiteral(parsing: answer).texts?.first))" : "\\boxed{\(answer)}"
      #expect(key.score(key.extraction(from: ModelAnswer("A or B?</think>\n" + said))) == 1, "\(row)")
      let wrong = key.extraction(from: ModelAnswer("</think>\\boxed{nonsense}"))
      #expect(key.score(wrong) == 0)
      // Of MMMU-Pro's options in the picture VLMEvalKit knows nothing, and takes no letter for right.
      if !["OCRBench", "MMMU_Pro_V"].contains(stem),
        let score = sample.benchmark.compatibility?.isRight(answer, row, version: .may2025)
      {
        #expect(score, "\(stem), row \(number): VLMEvalKit takes the bare answer for right")
      }
    }
  }

  @Test func `rotated rows share their picture and are one decision`() throws {
    let sample = try SampleFile("MMBench_DEV_EN_V11")
    let keys = (0..<8).map { sample.file.pictureKey($0) }
    #expect(Set(keys).count == 2 && keys[0] == keys[3] && keys[0] != keys[4])
    let scores: [Double] = [1, 1, 1, 1, 1, 0, 1, 1]
    let rows = try scores.enumerated().map { ScoredRow(row: try sample.file.row($0), picture: keys[$0], score: $1) }
    let metrics = sample.benchmark.metrics.map { $0.decisions(rows, cluster: sample.benchmark.cluster) }
    #expect(metrics[0].map(\.score) == [1, 0])
    #expect(metrics[0].map(\.rows) == [[0, 1, 2, 3], [4, 5, 6, 7]])
    #expect(metrics[2].map(\.score) == [1, 1])
    #expect(metrics[1].count == 8 && Set(metrics[1].map(\.cluster)).count == 2)
  }

  @Test func `the sample's own questions are a benchmark too`() throws {
    let path = try SampleModel().evaluationQuestions
    let questions = try QuestionLines(MappedFile(path: path), name: "questions.jsonl")
    #expect(questions.rowCount == 160 && questions.faults.isEmpty)
    let benchmark = Benchmark.recognized(file: "questions.jsonl", columns: questions.columns)
    var score = 0.0
    for number in 0..<questions.rowCount {
      let row = questions.row(number)
      guard case .rule(let key) = try benchmark.answer.scoring(of: row), let reference = row["reference"] else {
        return #expect(Bool(false), "every row has an answer and a reference")
      }
      let parts = try benchmark.prompt.parts(for: row, pictures: questions.pictures(number).count)
      #expect(parts == [.picture(0), .text(row["question"] ?? "")])
      score += key.score(key.extraction(from: ModelAnswer(reference)))
    }
    #expect(score == 103)  // as Sources/SampleModel/Resources/README.md says of equality to the letter
  }
}
