// Benchmark files: TSV with pictures in its cells, asked and scored by the rules of the benchmark whose name the first
// byte chooses; the same bytes as question lines, as a literal and as an answer.
import Benchmarks
import Storage
import Tensors

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBenchmark(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = fuzzInput(data, count)
  guard let choice = input.first else { return 0 }
  let benchmark = Benchmark.all[Int(choice) % Benchmark.all.count]
  let bytes = Array(input.dropFirst())
  let text = String(decoding: bytes, as: UTF8.self)
  if let file = try? TSVFile(ArrayStorage(bytes), name: "input.tsv") {
    precondition(file.digest == SHA256Hasher.hash(bytes), "the digest is not that of all bytes")
    precondition(file.rowCount + file.faults.count > 0, "a row was lost without a word")
    answer(file, benchmark, text)
  }
  if let lines = try? QuestionLines(ArrayStorage(bytes), name: "input.jsonl") {
    answer(lines, Benchmark.recognized(file: lines.name, columns: lines.columns), text)
  }
  _ = try? PythonLiteral(parsing: text)
  precondition(MathValue(text)?.value.isFinite ?? true, "an infinite value was accepted")
  return 0
}

/// Asks and scores up to 16 rows; `text` is the answer to each.
private func answer(_ source: some BenchmarkSource, _ benchmark: Benchmark, _ text: String) {
  var indices = Set<String>()
  for number in 0..<min(16, source.rowCount) {
    guard let row = try? source.row(number) else { continue }
    precondition(indices.insert(row.index).inserted, "two usable rows have one index")
    let pictures = (try? source.pictures(number)) ?? []
    if let parts = try? benchmark.prompt.parts(for: row, pictures: pictures.count) {
      for layout in PromptLayout.allCases {
        guard let prompt = try? layout.render(parts, of: row) else { continue }
        precondition(prompt.pictures.allSatisfy(pictures.indices.contains), "a picture that the row has not")
      }
    }
    let answer = ModelAnswer(String(text.prefix(2000)))
    let picture = source.pictureKey(number)
    guard let outcome = try? benchmark.outcome(of: answer, to: row, picture: picture) else { continue }
    precondition((0...1).contains(outcome.score ?? 0), "a score outside 0…1")
    precondition(outcome.extraction.answer != nil || (outcome.score ?? 0) == 0, "points for nothing")
  }
}
