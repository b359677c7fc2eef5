// What an evaluation shows beside its numbers: questions and answers that changed, pictures, how models were made.
internal import Benchmarks
internal import Evaluation
internal import ModelFiles
internal import ModelInputs
internal import Reports
internal import Storage

extension EvaluationRun {
  /// Side in pixels of the pictures on a page, and bytes of all of them.
  private static let pictures = (side: 224, byteCount: 1 << 20)

  /// Writes the page, if one is wanted.
  /// - Parameters: As those of `report`.
  /// - Throws: `StorageError`; what reading a row throws.
  func writePage(
    _ report: ScoreReport, _ rows: [AskedRows], _ asked: [AskedModel], _ given: [AnswersFile],
    _ answers: [[[Int: [GivenAnswer]]]]
  ) throws {
    guard let page else { return }
    var room = Self.pictures.byteCount
    let shown = try rows.indices.map { index in
      let given = given.isEmpty ? nil : given[index]
      return try shownRows(
        report.benchmarks[index].losses, rows[index], asked[0], given, answers.map { $0[index] }, room: &room)
    }
    let provenance = asked.map { model in
      let path = model.loaded.file.path
      return (
        model: path, facts: (try? ModelProvenance(model.loaded.file)).map { ProvenanceText($0, path: path).facts } ?? []
      )
    }
    try page.write(
      EvaluationPage(report, shown: shown, provenance: provenance).document,
      permissions: asked.reduce(OutputPermissions(from: benchmarks)) {
        $0.intersection($1.loaded.file.permissions)
      })
  }

  /// The rows of one benchmark that a page shows, by index.
  /// - Parameter room: Bytes that pictures may still take.
  private func shownRows(
    _ losses: [ModelLoss], _ rows: AskedRows, _ first: AskedModel, _ given: AnswersFile?,
    _ answers: [[Int: [GivenAnswer]]], room: inout Int
  ) throws -> [String: ShownRow] {
    let wanted = Set(losses.flatMap { EvaluationPage.shown(of: $0).map(\.index) })
    guard !wanted.isEmpty else { return [:] }
    let pass = try EvaluationPass(first, rows.file, self)
    var shown: [String: ShownRow] = [:]
    for number in rows.usableNumbers {
      let row = try rows.file.source.row(number)
      guard wanted.contains(row.index) else { continue }
      let asked = try pass.asked(number)
      var said = answers.compactMap { $0[number] }
      if let given, let original = given.answers(to: row.index, count: given.count(beside: samples)) {
        said.insert(original, at: 0)
      }
      var picture = asked.input.smallPicture(side: Self.pictures.side)
      if let bytes = picture, bytes.count > room { picture = nil }
      room -= picture?.count ?? 0
      shown[row.index] = ShownRow(
        question: asked.question.text.withoutPictureLines, expected: rows.file.rightAnswer(to: row),
        said: said.map { $0.map(\.answer.text) },
        picture: picture)
    }
    return shown
  }
}

extension String {
  /// Without the lines in front that stand for pictures, which a page shows.
  fileprivate var withoutPictureLines: String {
    var text = self[...]
    while text.hasPrefix(PromptLayout.placeholder + "\n") { text.removeFirst(PromptLayout.placeholder.count + 1) }
    return String(text)
  }
}

extension BenchmarkFile {
  /// The right answer for people; nil if the file does not give it, or only a judge could tell.
  fileprivate func rightAnswer(to row: BenchmarkRow) -> String? {
    guard case .rule(let key)? = try? benchmark.answer.scoring(of: row) else { return row["answer"] }
    return key.text
  }
}
