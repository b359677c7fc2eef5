// How much of a calibration is in memory at the same time.
internal import CLinux
internal import Kernels

/// Limits of what is in memory at the same time. No result depends on them.
public struct CalibrationMemory: Sendable, Equatable {
  /// Tokens of the samples under way; one sample always is.
  public var batchTokenCount: Int
  /// Bytes of sums for blocks of a site's input that are summed up in one pass; one block always is.
  public var sumsByteCount: Int
  /// Whether memory that a stage of the work has freed goes back to the system before the next one; else it is kept for
  /// buffers to come, which then need not be cleared.
  public var returnsFreedMemory: Bool

  /// Limits.
  public init(batchTokenCount: Int, sumsByteCount: Int, returnsFreedMemory: Bool = false) {
    self.batchTokenCount = batchTokenCount
    self.sumsByteCount = sumsByteCount
    self.returnsFreedMemory = returnsFreedMemory
  }

  /// As much as is of use.
  public static let unlimited = CalibrationMemory(batchTokenCount: .max, sumsByteCount: .max)

  /// The most samples under way: enough for all workers.
  package static var batchSampleCount: Int { max(Parallel.threadCount, 4) }

  /// A stage of the work is over.
  func endStage() { if returnsFreedMemory { malloc_trim(0) } }

  /// Samples of so many tokens, in runs that are under way together.
  package func batches(of tokenCounts: [Int]) -> [Range<Int>] {
    Self.runs(of: tokenCounts, within: batchTokenCount, atMost: Self.batchSampleCount)
  }

  /// Blocks whose sums take so many bytes, in runs that are summed up together.
  package func runs(of byteCounts: [Int]) -> [Range<Int>] {
    Self.runs(of: byteCounts, within: sumsByteCount, atMost: .max)
  }

  /// Neighbours in runs of at least one, and else no more than `count` that make up no more than `limit`.
  private static func runs(of sizes: [Int], within limit: Int, atMost count: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var sum = 0
    for (index, size) in sizes.enumerated() {
      if let last = runs.last, last.count < count, size <= limit - sum {
        runs[runs.count - 1] = last.lowerBound..<index + 1
        sum += size
      } else {
        runs.append(index..<index + 1)
        sum = size
      }
    }
    return runs
  }
}
