// The report of `skyquant verify` of several candidates for programs. Formulas: Formats/report.md.
public import JSON
internal import PairedStatistics
public import Verification

extension CandidatesReport {
  /// The report of a single candidate as it is; of several an array of these reports, and their differences.
  /// - Parameter pictures: Where the pictures of the samples lie.
  public func json(_ pictures: PictureNote) -> JSONValue {
    let reports = reports.map { pictures.added(to: $0.json) }
    guard reports.count > 1 else { return reports[0] }
    return [
      "schema": .string(Self.schema), "reports": .array(reports), "sizes": .array(sizes.map(\.json)),
      "tokens": .string(decisiveScope.name), "best": .integer(best), "differences": .array(differences.map(\.json)),
      "passes": .bool(passes),
    ]
  }
}

extension CandidateSize {
  fileprivate var json: JSONValue {
    [
      "bytes": .integer(byteCount), "bits_per_weight": .double(bitsPerWeight),
      "bits_per_weight_language_linears": .double(bitsPerLinearWeight),
    ]
  }
}

extension CandidateDifference {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "baseline": .integer(baseline), "candidate": .integer(candidate), "all": overall.json,
    ]
    for (tokenClass, difference) in classes { object[tokenClass.rawValue] = difference.json }
    if let answers { object["answers"] = answers.json }
    return .object(object)
  }
}

extension TokenDifference {
  fileprivate var json: JSONValue {
    [
      "tokens": .integer(count), "kl_divergence": divergence.json, "same_top1": sameTop.json,
      "perplexity_ratio": perplexityRatio.json,
    ]
  }
}

extension AnswerDifference {
  /// Whether as many would change in one direction by chance.
  var test: McNemarTest { McNemarTest(rightToWrong: rightToWrong, wrongToRight: wrongToRight) }

  fileprivate var json: JSONValue {
    [
      "right_to_wrong": .integer(rightToWrong), "wrong_to_right": .integer(wrongToRight),
      "changed": .integer(changed), "mcnemar_p": .double(test.twoSided),
    ]
  }
}
