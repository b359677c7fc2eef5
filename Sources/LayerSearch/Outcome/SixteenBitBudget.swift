// Which linears stay in 16 bit when a number of bytes may be spent on it.
public import Quantization

/// A choice of linears by what quantization costs them for each byte it saves.
public struct SixteenBitBudget: Sendable {
  /// Bytes that the checkpoint may grow.
  public var bytes: Int

  /// A budget.
  public init(bytes: Int) { self.bytes = bytes }

  /// The modules to leave as they are.
  ///
  /// Linears that loaders fuse (q, k, v and gate, up) are kept together or not at all. Sets are taken in order of the sum
  /// of their relative output errors, error after / output energy, per additional byte, as long as they fit; of equals
  /// the first.
  /// - Parameters:
  ///   - reports: of a run that quantized all of them.
  ///   - scheme: of each, by the name in its report.
  public func modules(
    by reports: [LinearReport], scheme: (_ module: String) -> QuantizationScheme
  ) -> Set<String> {
    let sets = reports.fusedSets
    func cost(_ set: [LinearReport]) -> Double { set.reduce(0) { $0 + $1.additionalBytes(scheme($1.module)) } }
    func error(_ set: [LinearReport]) -> Double { set.reduce(0) { $0 + $1.relativeError } }
    let ranked = sets.enumerated().sorted { a, b in
      let (left, right) = (error(a.element) / cost(a.element), error(b.element) / cost(b.element))
      return left == right ? a.offset < b.offset : left > right
    }
    var left = Double(bytes)
    var kept: Set<String> = []
    for (_, set) in ranked where cost(set) <= left {
      left -= cost(set)
      kept.formUnion(set.map(\.module))
    }
    return kept
  }
}

extension LinearReport {
  /// What 16 bit take beyond the quantized form.
  fileprivate func additionalBytes(_ scheme: QuantizationScheme) -> Double {
    Double(outFeatures * inFeatures) * (16 - scheme.bitsPerWeight) / 8
  }
}
