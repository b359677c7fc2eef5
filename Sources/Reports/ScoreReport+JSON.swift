// The report of `skyquant evaluate` for programs. Formulas: Formats/evaluation.md.
internal import Benchmarks
public import Evaluation
public import JSON
internal import PairedStatistics

extension ScoreReport {
  /// The report as one JSON object.
  public var json: JSONValue {
    [
      "schema": .string(Self.schema), "settings": settings.json,
      "models": .array(
        models.enumerated().map { index, model in
          [
            "name": .string(model.name), "content_id": .optional(model.contentID),
            "is_original": .bool(hasOriginal && index == 0),
          ]
        }),
      "benchmarks": .array(benchmarks.map(\.json)), "pooled": .array(pooled.map { $0?.json ?? .null }),
    ]
  }
}

extension EvaluationSettings {
  fileprivate var json: JSONValue {
    [
      "rule": "v1", "mode": .string(mode.rawValue), "layout": .string(layout.rawValue),
      "instruction": .optional(instruction),
      "template": .optional(template), "system": .optional(system), "think": thinks.map(JSONValue.bool) ?? .null,
      "max_tokens": .integer(maxTokens), "sampling": sampling?.json ?? .null, "samples": .integer(samples),
      "limit": limit.map(JSONValue.integer) ?? .null,
      "seed": .string(String(seed)), "keeps_missing_words": .bool(keepsMissingWords),
      "numeric_mode": .string(numericMode),
    ]
  }
}

extension AnswerSampling {
  fileprivate var json: JSONValue {
    [
      "temperature": .double(temperature), "top_k": topK.map(JSONValue.integer) ?? .null, "top_p": .double(topP),
      "repetition_penalty": .double(repetitionPenalty),
    ]
  }
}

extension BenchmarkScores {
  fileprivate var json: JSONValue {
    [
      "file": .string(rows.file), "sha256": .string(rows.sha256), "name": .string(benchmark.name),
      "claim": .string(benchmark.claim.word), "claim_note": .optional(benchmark.claim.note),
      "rows": .integer(rows.count), "asked": .integer(rows.askedCount),
      "faults": .array(rows.faults.map(JSONValue.string)), "missing_words": .integer(rows.missingWordCount),
      "rendered_prompt": .string(rows.renderedPrompt),
      "calibrated": .array(rows.calibrated.map(JSONValue.integer)), "scores": .array(scores.map(\.json)),
      "losses": .array(losses.map(\.json)), "floors": .array(floors.map(\.json)),
    ]
  }
}

extension Benchmark.Claim {
  /// What kind of score it is.
  fileprivate var word: String {
    switch self {
    case .score: "score"
    case .partly: "partly"
    case .subset: "subset"
    case .none: "none"
    }
  }
}

extension ModelScore {
  fileprivate var json: JSONValue {
    [
      "answers": .integer(answers.count), "extracted": .integer(answers.states[.extracted] ?? 0),
      "none": .integer(answers.states[.none] ?? 0), "empty": .integer(answers.states[.empty] ?? 0),
      "unfinished": .integer(answers.states[.unfinished] ?? 0), "truncated": .integer(answers.truncated),
      "mean_tokens": .optional(answers.meanTokens), "p95_tokens": answers.p95Tokens.map(JSONValue.integer) ?? .null,
      "metrics": .array(metrics.map(\.json)),
      "compatible": .array(
        compatible.map {
          ["version": .string($0.version.rawValue), "decisions": .integer($0.count), "score": .double($0.score)]
        }),
      "groups": .array(
        groups.map {
          var group: JSONObject = ["column": .string($0.column), "name": .string($0.name)]
          for (key, value) in $0.estimate.members { group[key] = value }
          return .object(group)
        }),
    ]
  }
}

extension MetricScore {
  fileprivate var json: JSONValue {
    var metric: JSONObject = ["name": .string(name)]
    for (key, value) in estimate.members { metric[key] = value }
    metric["effective_decisions"] = .double(estimate.effectiveCount)
    metric["bounds"] = bounds.json
    metric["rounded"] = .optional(rounded)
    return .object(metric)
  }
}

extension ScoreEstimate {
  fileprivate var members: [(String, JSONValue)] {
    [("decisions", .integer(count)), ("score", .double(score)), ("interval", interval.json)]
  }
}

extension ModelLoss {
  fileprivate var json: JSONValue {
    [
      "metrics": .array(metrics.map(\.json)),
      "agreement": [
        "equal": .integer(agreement.equal), "answers": .integer(agreement.count), "share": .double(agreement.share),
        "interval": agreement.interval.json,
      ],
      "changed": .array(
        changed.map {
          [
            "index": .string($0.index), "sample": .integer($0.sample), "original": .optional($0.original),
            "candidate": .optional($0.candidate),
            "original_score": .optional($0.originalScore), "candidate_score": .optional($0.candidateScore),
          ]
        }),
      "letter_kl_divergence": letters.map { letters -> JSONValue in
        [
          "rows": .integer(letters.count), "mean": .double(letters.mean),
          "standard_error": .double(letters.standardError),
        ]
      } ?? .null,
    ]
  }
}

extension FlipFloor {
  fileprivate var json: JSONValue {
    [
      "change": .string(change), "answers": .integer(count), "differing": .integer(differingCount),
      "read_otherwise": .integer(changedCount),
      "right_to_wrong": decisions.map { JSONValue.integer($0.rightToWrong) } ?? .null,
      "wrong_to_right": decisions.map { JSONValue.integer($0.wrongToRight) } ?? .null,
    ]
  }
}

extension MetricLoss {
  fileprivate var json: JSONValue {
    var loss: JSONObject = ["name": .string(name)]
    for (key, value) in estimate.members { loss[key] = value }
    for (key, value) in counts.members { loss[key] = value }
    loss["mcnemar"] = test?.json ?? .null
    loss["detectable"] = .optional(detectable)
    loss["bounds"] = bounds.json
    return .object(loss)
  }
}

extension LossEstimate {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("decisions", .integer(count)), ("loss", .double(loss)), ("standard_error", .double(standardError)),
      ("interval", interval.json), ("upper_limit", .double(upperLimit)), ("method", .string(method.rawValue)),
    ]
  }
}

extension PairedCounts {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("both_right", .integer(bothRight)), ("right_to_wrong", .integer(rightToWrong)),
      ("wrong_to_right", .integer(wrongToRight)), ("both_wrong", .integer(bothWrong)),
    ]
  }
}

extension McNemarTest {
  fileprivate var json: JSONValue { ["p": .double(twoSided), "mid_p": .double(midP), "p_loss": .double(loss)] }
}

extension PooledScores {
  fileprivate var json: JSONValue {
    func object(_ estimate: LossEstimate) -> JSONValue {
      var object = JSONObject()
      for (key, value) in estimate.members { object[key] = value }
      return .object(object)
    }
    var counts: JSONObject?
    if let table = loss.counts {
      counts = JSONObject()
      for (key, value) in table.members { counts?[key] = value }
      counts?["mcnemar"] = table.test.json
    }
    return [
      "benchmarks": .integer(benchmarkCount), "mean_of_benchmarks": object(loss.meanOfBenchmarks),
      "mean_of_decisions": object(loss.meanOfDecisions), "counts": counts.map(JSONValue.object) ?? .null,
      "holm": .array(holm.map(JSONValue.double)),
    ]
  }
}

extension Interval {
  fileprivate var json: JSONValue { [.double(lower), .double(upper)] }
}

extension JSONValue {
  fileprivate static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
  fileprivate static func optional(_ number: Double?) -> JSONValue { number.map(JSONValue.double) ?? .null }
}
