// How much memory a run may take.

/// A limit of memory, and where it comes from.
public struct MemoryLimit: Sendable, Equatable {
  /// Bytes of the process; pages of files that the system can drop do not count, but for a layer's weights.
  public let byteCount: Int
  /// Whether the user has said so; else it is a share of what there is.
  public let isGiven: Bool

  /// Percent of what there is that a run takes unless the user says otherwise.
  public static let defaultPercentage = 80

  /// `given`, or a share of what the machine and the process's cgroups have; no limit if they do not tell.
  package init(_ given: Int?, of memory: AvailableMemory = AvailableMemory()) {
    isGiven = given != nil
    byteCount =
      given ?? memory.byteCount.map { min($0, 1 << 60) + memory.ownByteCount }.map { $0 / 100 * Self.defaultPercentage }
      ?? .max
  }
}
