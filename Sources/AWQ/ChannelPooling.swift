// Which input features of a site must share one scale, so that it can be folded into what comes before.

/// How many input features one row of the preceding operation feeds.
///
/// o_proj reads each value channel once per query head of its group, while v_proj computes it once: the query heads of
/// a group have to share a scale. Peers skip o_proj for every GQA model; sharing makes the fold exact.
package struct ChannelPooling: Equatable {
  /// Key/value heads, or 1 where nothing is shared.
  package let heads: Int
  /// Query heads per key/value head; 1 where nothing is shared.
  package let repeats: Int
  /// Width of a head.
  package let width: Int

  /// `heads` groups of `repeats` query heads, each `width` features wide.
  package init(heads: Int, repeats: Int, width: Int) {
    self.heads = heads
    self.repeats = repeats
    self.width = width
  }

  /// No sharing.
  package static func none(size: Int) -> ChannelPooling { ChannelPooling(heads: 1, repeats: 1, width: size) }

  /// The statistics with every shared feature's mean in its place.
  package func pooled(_ statistics: ChannelStatistics) -> ChannelStatistics {
    guard repeats > 1 else { return statistics }
    return ChannelStatistics(
      meanAbs: shareMean(statistics.meanAbs), energy: shareMean(statistics.energy),
      weightMean: shareMean(statistics.weightMean))
  }

  /// One value per row of the preceding operation: the first of each set of equal scales.
  package func folded(_ scales: [Float]) -> [Float] {
    (0..<heads).flatMap { head in
      scales[head * repeats * width..<head * repeats * width + width]
    }
  }

  private func shareMean(_ values: [Float]) -> [Float] {
    var result = values
    for head in 0..<heads {
      for channel in 0..<width {
        let members = (0..<repeats).map { (head * repeats + $0) * width + channel }
        let mean = members.reduce(0) { $0 + values[$1] } / Float(repeats)
        for member in members { result[member] = mean }
      }
    }
    return result
  }
}
