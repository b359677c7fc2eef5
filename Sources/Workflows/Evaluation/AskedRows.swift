// Which rows of a benchmark are asked, and which cannot be: each of these is named once, for all models.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import Storage

/// The rows of a benchmark on their way through an evaluation.
struct AskedRows {
  let file: BenchmarkFile
  /// Numbers of the rows to ask, ascending.
  let numbers: [Int]
  /// Rows that are left out, by number, and those that have none.
  private(set) var faults: [any CategorizedError]
  private var unusable: Set<Int> = []
  private let isStrict: Bool

  /// Looks at all rows and chooses those to ask.
  /// - Throws: `WorkflowError.nothingToAsk`; in a strict run the first fault.
  init(_ file: BenchmarkFile, limit: Int?, seed: UInt64, isStrict: Bool) throws {
    var faults: [any CategorizedError] = file.source.faults
    var usable: [(number: Int, key: String)] = []
    for number in 0..<file.source.rowCount {
      do throws(BenchmarkError) {
        let row = try file.source.row(number)
        _ = try file.benchmark.answer.scoring(of: row)
        usable.append((number, file.benchmark.whole.key(of: row, picture: file.source.pictureKey(number))))
      } catch {
        faults.append(error)
      }
    }
    if isStrict, let first = faults.first { throw first }
    guard !usable.isEmpty else { throw WorkflowError.nothingToAsk(path: file.path, first: faults.first) }
    let chosen = RowSample.rows(keys: usable.map { $0.key }, limit: limit ?? .max, seed: seed)
    numbers = chosen.map { usable[$0].number }
    self.file = file
    self.faults = faults
    self.isStrict = isStrict
  }

  /// Rows of the file.
  var rowCount: Int { file.source.rowCount + file.source.faults.count }

  /// Rows that nothing was found against so far.
  var usableNumbers: [Int] { numbers.filter { !unusable.contains($0) } }

  /// Whether nothing was found against a row so far.
  func isUsable(_ number: Int) -> Bool { !unusable.contains(number) }

  /// Leaves a row out.
  /// - Throws: the fault, in a strict run.
  mutating func leaveOut(_ number: Int, _ fault: any CategorizedError) throws {
    if isStrict { throw fault }
    if unusable.insert(number).inserted { faults.append(fault) }
  }

  /// What was found about the file, with the first row as a model reads it.
  func summary(renderedPrompt: String, calibrated: [Int]) -> BenchmarkRows {
    BenchmarkRows(
      file: file.path, sha256: file.source.digest.description, count: rowCount, askedCount: usableNumbers.count,
      faults: faults.map(\.description), missingWordCount: file.missingWordCount, renderedPrompt: renderedPrompt,
      calibrated: calibrated)
  }
}
