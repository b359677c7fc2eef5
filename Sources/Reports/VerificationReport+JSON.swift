// The report of `skyquant verify` for programs. Formulas: Formats/report.md.
internal import Companions
public import JSON
public import Verification

extension VerificationReport {
  /// The report as one JSON object.
  public var json: JSONValue {
    var object: JSONObject = [
      "schema": .string(Self.schema), "quantized": .string(quantizedName), "reference": .string(referenceName),
      "samples": .integer(sampleCount), "numeric_mode": .string(numericMode),
      "rendered_prompt": .string(renderedPrompt),
      "histogram_edges": .array(DivergenceHistogram.edges.map(JSONValue.double)), "all": overall.json,
    ]
    for (tokenClass, summary) in classes { object[tokenClass.rawValue] = summary.json }
    object["layers"] = .array(
      layers.map { ["layer": .integer($0.layer), "relative_error": .double($0.relativeError)] })
    object["worst_tokens"] = .array(worstTokens.map(\.json))
    if let answers { object["answers"] = answers.json }
    object["not_finite"] = .integer(nonFiniteCount)
    object["files"] = .array(files.map(\.json))
    object["different_files_allowed"] = .bool(allowsDifferentFiles)
    object["gates"] = .array(gates.map(\.json))
    object["passes"] = .bool(passes)
    object["warnings"] = .array(warnings.map(JSONValue.string))
    return .object(object)
  }
}

extension WorstToken {
  fileprivate var json: JSONValue {
    [
      "sample": .integer(sample), "position": .integer(position), "class": .string(tokenClass.rawValue),
      "kl_divergence": .double(divergence), "context": .string(context), "next": next.map(JSONValue.string) ?? .null,
      "reference_choice": .string(referenceChoice), "quantized_choice": .string(quantizedChoice),
    ]
  }
}

extension CompanionDifference {
  fileprivate var json: JSONValue {
    [
      "file": .string(file), "setting": .string(setting), "reference": .string(reference), "quantized": .string(own),
    ]
  }
}

extension ClassSummary {
  fileprivate var json: JSONValue {
    [
      "tokens": .integer(divergence.count),
      "kl_divergence": [
        "mean": .double(divergence.estimate.mean), "standard_error": .double(divergence.estimate.standardError),
        "median": .double(divergence.median), "p90": .double(divergence.p90), "p99": .double(divergence.p99),
        "p99.9": .double(divergence.p999), "max": .double(divergence.max),
      ],
      "histogram": .array(histogram.counts.map(JSONValue.integer)), "same_top1": sameTop.json,
      "perplexity_ratio": perplexityRatio.json,
      "reference_perplexity": .double(referencePerplexity), "quantized_perplexity": .double(quantizedPerplexity),
    ]
  }
}

extension Estimate {
  var json: JSONValue { ["mean": .double(mean), "standard_error": .double(standardError)] }
}

extension GateResult {
  fileprivate var json: JSONValue {
    [
      "metric": .string(metric.rawValue), "tokens": .string(scope.name), "value": .double(value),
      "bound": .double(bound), "limit": .double(limit),
      "verdict": .string(verdict.rawValue),
    ]
  }
}

extension AnswerSummary {
  fileprivate var json: JSONValue {
    [
      "questions": .integer(pairs.count), "with_known_answer": .integer(knownCount),
      "reference_correct": .integer(referenceCorrect), "quantized_correct": .integer(quantizedCorrect),
      "reference_equal": .integer(referenceEqual), "quantized_equal": .integer(quantizedEqual),
      "changed": .integer(changedCount),
      "pairs": .array(
        pairs.map { pair in
          [
            "sample": .integer(pair.sample), "question": .string(pair.question),
            "kind": pair.kind.map(JSONValue.string) ?? .null,
            "expected": pair.expected.map(JSONValue.string) ?? .null, "reference": .string(pair.reference),
            "quantized": .string(pair.quantized),
          ]
        }),
    ]
  }
}
