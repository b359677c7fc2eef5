// Linears that loaders fuse (q, k, v and gate, up): they have the same form, whatever chooses it.
internal import ModelConfig

extension [LinearReport] {
  /// Neighbours of one fused set together, in order.
  var fusedSets: [[LinearReport]] {
    var sets: [[LinearReport]] = []
    for report in self {
      if let last = sets.last?.first, last.fusedSet == report.fusedSet {
        sets[sets.count - 1].append(report)
      } else {
        sets.append([report])
      }
    }
    return sets
  }
}

extension LinearReport {
  /// The name that linears of one fused set share.
  fileprivate var fusedSet: String {
    guard let linear = DecoderLinear(module: module) else { return module }
    return module.dropLast(linear.rawValue.count) + linear.site.rawValue
  }
}
