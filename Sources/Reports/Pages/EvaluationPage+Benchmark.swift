// One benchmark on the page of an evaluation: scores with their intervals, and what each candidate lost.
internal import Basics
internal import Benchmarks
internal import Evaluation
internal import HTML
internal import PairedStatistics

extension EvaluationPage {
  /// Reasons for rows left out that are shown.
  private static let faultLimit = 10

  /// All about the benchmark `index`.
  func benchmark(_ index: Int) -> HTMLNode {
    let scores = report.benchmarks[index], place = "benchmarks.\(index)"
    let losses = scores.losses.indices.map { loss($0, of: scores, at: "\(place).losses.\($0)", index) }
    var parts: [HTMLNode] = [.tag("h2", [:], [.verbatim(scores.benchmark.name)])]
    parts += heading(scores, at: place)
    parts += plots(scores, at: place)
    parts += [table(scores, at: place), compatible(scores, at: place), groups(scores, at: place)]
    parts += losses
    parts += [floor(scores, at: place), prompt(scores)]
    return .tag("section", [:], parts)
  }

  private func heading(_ scores: BenchmarkScores, at place: String) -> [HTMLNode] {
    let rows = scores.rows
    var lines: [HTMLNode] = [
      .tag(
        "p", [:],
        [
          .count(rows.askedCount, at: "\(place).asked"), " of ", .count(rows.count, at: "\(place).rows"), " rows of ",
          .verbatim(rows.file), ".",
        ])
    ]
    if let note = scores.benchmark.claim.note {
      lines.append(.tag("p", ["class": "warning"], [.verbatim(scores.benchmark.claim.prefix + note)]))
    }
    if rows.missingWordCount > 0 {
      lines.append(
        .tag(
          "p", ["class": "soft"],
          [
            .count(rows.missingWordCount, at: "\(place).missing_words"),
            " options and hints are a word such as None.",
          ]))
    }
    for (model, count) in rows.calibrated.enumerated() where count > 0 {
      lines.append(
        .tag(
          "p", ["class": "warning"],
          [
            .verbatim(labels[model]), " was calibrated on pictures of ",
            .count(count, at: "\(place).calibrated.\(model)"),
            " of these rows.",
          ]))
    }
    lines += rows.faults.prefix(Self.faultLimit).map {
      .tag("p", ["class": "warning"], ["Left out: ", .verbatim($0)])
    }
    if rows.faults.count > Self.faultLimit {
      lines.append(.tag("p", ["class": "soft"], ["The report for programs has all that were left out."]))
    }
    return lines
  }

  /// A chart for each metric: models below each other.
  private func plots(_ scores: BenchmarkScores, at place: String) -> [HTMLNode] {
    let names = scores.scores.first?.metrics.map(\.name) ?? []
    return names.enumerated().map { number, name in
      let rows = zip(scores.scores.indices, scores.scores).map { model, score in
        let estimate = score.metrics[number].estimate, key = "\(place).scores.\(model).metrics.\(number)"
        return DotPlot.Row(
          labels[model], estimate.score, at: "\(key).score",
          interval: (estimate.interval.lower, estimate.interval.upper), at: "\(key).interval",
          title: "\(labels[model]): \((100 * estimate.score).fixed(1))")
      }
      return DotPlot(rows, within: 0...1, scale: 100, caption: [.verbatim(name), ", in points of a hundred"]).node
    }
  }

  private func table(_ scores: BenchmarkScores, at place: String) -> HTMLNode {
    let names = scores.scores.first?.metrics.map(\.name) ?? []
    let counts: [HTMLNode] = [
      "decisions", "nothing read", "unfinished", "at the limit", "mean tokens", "95 % have at most",
    ]
    let header: [HTMLNode] = ["model"] + names.map { HTMLNode.verbatim($0) } + counts
    let rows = scores.scores.enumerated().map { model, score -> [HTMLNode] in
      let key = "\(place).scores.\(model)", answers = score.answers
      let metrics = score.metrics.enumerated().map { number, metric in
        HTMLNode.score(metric.estimate, at: "\(key).metrics.\(number)")
      }
      let decisions: HTMLNode =
        score.metrics.first.map { .count($0.estimate.count, at: "\(key).metrics.0.decisions") }
        ?? .count(answers.count, at: "\(key).answers")
      func count(_ state: AnswerState) -> HTMLNode {
        .count(answers.states[state] ?? 0, at: "\(key).\(state.rawValue)")
      }
      let unread: HTMLNode = [count(.none), " + ", count(.empty)]
      let mean = answers.meanTokens.map { HTMLNode.measure($0, at: "\(key).mean_tokens", as: $0.fixed(0)) }
      let most = answers.p95Tokens.map { HTMLNode.count($0, at: "\(key).p95_tokens") }
      let counts: [HTMLNode] = [
        decisions, unread, count(.unfinished), .count(answers.truncated, at: "\(key).truncated"), mean ?? "",
        most ?? "",
      ]
      return [.verbatim(labels[model])] + metrics + counts
    }
    return [
      HTMLDocument.table(header, rows),
      .tag(
        "p", ["class": "soft"],
        ["Nothing read: no rule could, plus empty answers. Unfinished: thinking never ended. At the limit: of tokens."]),
    ]
  }

  /// What VLMEvalKit's rules say without a judge.
  private func compatible(_ scores: BenchmarkScores, at place: String) -> HTMLNode {
    let versions = scores.scores.first?.compatible.map(\.version.rawValue) ?? []
    guard !versions.isEmpty, scores.scores.allSatisfy({ $0.compatible.count == versions.count }) else { return [] }
    let rows = scores.scores.enumerated().map { model, score -> [HTMLNode] in
      let cells = score.compatible.enumerated().map { number, compatible in
        HTMLNode.measure(
          compatible.score, at: "\(place).scores.\(model).compatible.\(number).score",
          as: (100 * compatible.score).fixed(1))
      }
      return [.verbatim(labels[model])] + cells
    }
    return [
      .tag("h3", [:], ["By VLMEvalKit's rules, without a judge"]),
      HTMLDocument.table(["model"] + versions.map { HTMLNode.verbatim($0) }, rows),
    ]
  }

  private func groups(_ scores: BenchmarkScores, at place: String) -> HTMLNode {
    let groups = scores.scores.first?.groups ?? []
    guard groups.count > 1, scores.scores.allSatisfy({ $0.groups.count == groups.count }) else { return [] }
    let rows = groups.indices.map { number -> [HTMLNode] in
      let cells = scores.scores.indices.map { model in
        HTMLNode.score(
          scores.scores[model].groups[number].estimate, at: "\(place).scores.\(model).groups.\(number)")
      }
      let count = groups[number].estimate.count
      return [.verbatim("\(groups[number].column): \(groups[number].name)")] + cells
        + [.count(count, at: "\(place).scores.0.groups.\(number).decisions")]
    }
    return [
      .tag("h3", [:], ["Groups"]),
      HTMLDocument.table(["group"] + labels.map { HTMLNode.verbatim($0) } + ["decisions"], rows),
    ]
  }

  // MARK: Losses

  private func loss(_ candidate: Int, of scores: BenchmarkScores, at place: String, _ benchmark: Int) -> HTMLNode {
    let loss = scores.losses[candidate]
    let metrics = loss.metrics.enumerated().flatMap { words($1, at: "\(place).metrics.\($0)") }
    let agreement: HTMLNode = .tag(
      "p", [:],
      [
        .count(loss.agreement.equal, at: "\(place).agreement.equal"), " of ",
        .count(loss.agreement.count, at: "\(place).agreement.answers"), " answers are read alike.",
      ])
    let apart: [HTMLNode] =
      loss.letters.map { letters -> [HTMLNode] in
        [
          .tag(
            "p", [:],
            [
              "Mean KL divergence of the letters, over ",
              .count(letters.count, at: "\(place).letter_kl_divergence.rows"),
              " rows: ", .measure(letters.mean, at: "\(place).letter_kl_divergence.mean", as: letters.mean.short),
              " ± ",
              .measure(
                letters.standardError, at: "\(place).letter_kl_divergence.standard_error",
                as: letters.standardError.short), " nats.",
            ])
        ]
      } ?? []
    return .sequence(
      [.tag("h3", [:], [.verbatim(labels[candidate + 1]), " against ", .verbatim(labels[0])])] + metrics + [agreement]
        + apart + flips(loss, candidate, benchmark))
  }

  private func words(_ loss: MetricLoss, at place: String) -> [HTMLNode] {
    let counts = loss.counts.words(at: place)
    let test =
      loss.test?.words(at: "\(place).mcnemar")
      ?? ["; decisions depend on each other or give parts of a point, so that McNemar has no test for them."]
    let power: [HTMLNode] =
      loss.detectable.map { least -> [HTMLNode] in
        [
          "So many decisions show a loss of ", .measure(least, at: "\(place).detectable", as: (100 * least).fixed(1)),
          " points four times of five.",
        ]
      } ?? ["Too few decisions differ for any loss to show four times of five."]
    var lines: [HTMLNode] = [
      .tag("p", [:], [.verbatim(loss.name), ": "] + loss.estimate.words(at: place) + ["."]),
      .tag("p", [:], counts + test), .tag("p", ["class": "soft"], power),
    ]
    if loss.bounds.upper > loss.bounds.lower {
      lines.append(
        .tag(
          "p", ["class": "soft"],
          ["Whatever the answers were of which nothing was read, these decisions lost between "]
            + loss.bounds.points(at: "\(place).bounds", between: " and ") + [" points."]))
    }
    return lines
  }

  /// How often the original contradicts itself.
  private func floor(_ scores: BenchmarkScores, at place: String) -> HTMLNode {
    guard !scores.floors.isEmpty else { return [] }
    let lines = scores.floors.enumerated().map { index, floor -> HTMLNode in
      let key = "\(place).floors.\(index)"
      let flips: [HTMLNode] = floor.decisions.map { counts -> [HTMLNode] in [", "] + counts.words(at: key) } ?? []
      return .tag(
        "p", [:],
        [
          .verbatim(floor.change), ": ", .count(floor.differingCount, at: "\(key).differing"), " of ",
          .count(floor.count, at: "\(key).answers"), " answers differ, ",
          .count(floor.changedCount, at: "\(key).read_otherwise"), " are read otherwise",
        ] + flips + ["."])
    }
    return .sequence(
      [.tag("h3", [:], ["Flip floor: ", .verbatim(labels[0]), " against itself"])] + lines)
  }

  private func prompt(_ scores: BenchmarkScores) -> HTMLNode {
    guard !scores.rows.renderedPrompt.isEmpty else { return [] }
    return [
      .tag("h3", [:], ["The first row, as the first model read it"]),
      .tag("pre", ["class": "verbatim"], [.text(scores.rows.renderedPrompt)]),
    ]
  }
}

extension HTMLNode {
  /// A score and its interval in points, at `key` in the report.
  fileprivate static func score(_ estimate: ScoreEstimate, at key: String) -> HTMLNode {
    let ends = [estimate.interval.lower, estimate.interval.upper].enumerated().map { index, end in
      HTMLNode.measure(end, at: "\(key).interval.\(index)", as: (100 * end).fixed(1))
    }
    return .tag(
      "span", ["class": "whole"],
      [
        .measure(estimate.score, at: "\(key).score", as: (100 * estimate.score).fixed(1)), " (", ends[0], "–", ends[1],
        ")",
      ])
  }
}
