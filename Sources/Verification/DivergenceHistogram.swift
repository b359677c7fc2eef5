// How divergences are spread: over so many powers of ten that a mean says little of them.

/// Positions counted by their KL divergence.
public struct DivergenceHistogram: Sendable, Equatable {
  /// Where one count ends and the next begins, in nats.
  public static let edges = [
    1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10,
  ]

  /// One count more than there are edges: below the first, from each edge on to the next, and from the last edge on. NaN
  /// is counted with the last, as it is taken for infinite everywhere.
  public private(set) var counts = [Int](repeating: 0, count: edges.count + 1)

  /// Counts `divergences`.
  public init(_ divergences: some Sequence<Double>) {
    for value in divergences {
      counts[value.isNaN ? Self.edges.count : Self.edges.prefix { $0 <= value }.count] += 1
    }
  }
}
