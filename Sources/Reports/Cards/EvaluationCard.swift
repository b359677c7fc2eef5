// What `skyquant evaluate --card` writes into a model card.
internal import Basics
internal import Benchmarks
public import Evaluation
internal import PairedStatistics

extension ScoreReport {
  /// Lines of Markdown: one model's scores, and what it lost. No date, no path.
  /// - Parameters:
  ///   - candidate: Its number among the models that are not the original.
  ///   - version: Of skyquant.
  public func cardLines(of candidate: Int, version: String) -> [String] {
    let limit = settings.limit.map { ", at most \($0) rows of each, those of seed \(settings.seed)" } ?? ""
    var lines = [
      "On benchmarks, by skyquant \(version), at most \(settings.maxTokens) tokens an answer\(limit); scored by rule, "
        + "without a judge, and not comparable with scores by a judge:",
      "", "| benchmark | metric | score | 95 % | n | original | loss against it |", "|---|---|---|---|---|---|---|",
    ]
    for benchmark in benchmarks {
      let metrics = benchmark.scores[candidate + (hasOriginal ? 1 : 0)].metrics
      for (index, metric) in metrics.enumerated() {
        let interval = [metric.estimate.interval.lower, metric.estimate.interval.upper].map { (100 * $0).fixed(1) }
        let loss = hasOriginal ? benchmark.losses[candidate].metrics.first { $0.name == metric.name } : nil
        let cells = [
          benchmark.benchmark.name, metric.name, (100 * metric.estimate.score).fixed(1),
          interval.joined(separator: "–"), "\(metric.estimate.count)",
          hasOriginal ? (100 * benchmark.scores[0].metrics[index].estimate.score).fixed(1) : "–",
          loss?.estimate.description ?? "–",
        ]
        lines.append("| \(cells.map(\.inMarkdownCell).joined(separator: " | ")) |")
      }
      if metrics.isEmpty { lines.append("| \(benchmark.benchmark.name.inMarkdownCell) | no score | | | | | |") }
    }
    for benchmark in benchmarks {
      let notes = [
        "SHA-256 `\(benchmark.rows.sha256)`, \(benchmark.rows.askedCount) of \(benchmark.rows.count) rows",
        benchmark.benchmark.claim.note,
        seen(benchmark, candidate).map { "the model was calibrated on pictures of \($0) of these rows" },
      ].compactMap(\.self)
      lines += ["", "\(benchmark.benchmark.name.inMarkdownCell): \(notes.joined(separator: "; "))."]
    }
    return lines
  }

  /// Rows with a picture that the model was calibrated on, if there are any.
  private func seen(_ benchmark: BenchmarkScores, _ candidate: Int) -> Int? {
    let counts = benchmark.rows.calibrated, number = candidate + (hasOriginal ? 1 : 0)
    return counts.indices.contains(number) && counts[number] > 0 ? counts[number] : nil
  }
}
