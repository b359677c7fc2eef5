// The report of `skyquant verify` of one or several candidates: the same original, samples and tokens for all.

/// How large a candidate is.
public struct CandidateSize: Sendable, Equatable {
  /// Bytes of all tensors, without padding.
  public var byteCount: Int
  /// Stored bits per weight of all tensors; 0 if there are none.
  public var bitsPerWeight: Double
  /// The same of the linears of the decoder layers.
  public var bitsPerLinearWeight: Double

  /// A size.
  public init(byteCount: Int, bitsPerWeight: Double, bitsPerLinearWeight: Double) {
    self.byteCount = byteCount
    self.bitsPerWeight = bitsPerWeight
    self.bitsPerLinearWeight = bitsPerLinearWeight
  }
}

/// What a verification found of each candidate, and of each two of them.
public struct CandidatesReport: Sendable {
  /// Version of the JSON report's schema; a single candidate has a report of `VerificationReport.schema`.
  public static let schema = "skyquant.candidates/1"

  /// One for each candidate, in their order: the report that it has alone.
  public let reports: [VerificationReport]
  /// One for each candidate.
  public let sizes: [CandidateSize]
  /// Each later candidate less each earlier one.
  public let differences: [CandidateDifference]

  /// Puts the reports of at least one candidate together.
  /// - Parameter results: What they were made of.
  package init(_ reports: [VerificationReport], results: [ComparisonResult], sizes: [CandidateSize]) {
    precondition(!reports.isEmpty && reports.count == results.count && reports.count == sizes.count)
    self.reports = reports
    self.sizes = sizes
    differences = reports.indices.flatMap { candidate in
      (0..<candidate).compactMap { CandidateDifference($0, candidate, results, reports) }
    }
  }

  /// The tokens that candidates are ranked by: those of answers where there are any, else all.
  public var decisiveScope: TokenScope { reports[0].decisiveScope }

  /// Number of the candidate with the lowest mean KL divergence on the decisive tokens, the first of equals.
  public var best: Int {
    let means = reports.map { $0.summary(of: decisiveScope)?.divergence.estimate.mean ?? .nan }
    let ranks = means.map { $0.isNaN ? .infinity : $0 }
    return ranks.indices.min { (ranks[$0], $0) < (ranks[$1], $1) } ?? 0
  }

  /// Whether every candidate passes: the worst one decides.
  public var passes: Bool { reports.allSatisfy(\.passes) }
}
