// How a run keeps within a limit of memory: what has to wait on the disk, and how much is done at the same time.
public import Basics
public import Calibration

/// What is in memory at the same time, and what waits on the disk. No result depends on it.
public struct MemoryPlan: Sendable, Equatable {
  /// Bytes that the process may take, at most.
  public let limit: Int
  /// Bytes that it takes, at most, by this plan.
  public let peak: Int
  /// What of the work takes them.
  public let peakStage: String
  /// Whether the samples' activations wait in memory; else in a scratch file.
  public let keepsActivations: Bool
  /// Bytes of the samples' activations.
  public let activationByteCount: Int
  /// How much of the calibration is in memory at the same time.
  public let calibration: CalibrationMemory

  /// The plan that keeps within `limit`, with as much in memory as that allows.
  /// - Throws: `MemoryShortage` if there is none.
  public init(_ demand: MemoryDemand, limit: Int) throws(MemoryShortage) {
    let least = demand.largestStage(batchTokens: demand.longestSample, sums: 0)
    let needed = demand.fixed + least.byteCount
    guard needed <= limit else { throw MemoryShortage(limit: limit, needed: needed, stage: least.name) }
    keepsActivations = needed <= limit - demand.activations
    let fixed = demand.fixed + (keepsActivations ? demand.activations : 0)
    calibration = demand.calibration(within: limit - fixed)
    let most = demand.largestStage(
      batchTokens: demand.largestBatch(calibration), sums: calibration.sumsByteCount)
    activationByteCount = demand.activations
    self.limit = limit
    peak = fixed + most.byteCount
    peakStage = most.name
  }
}

/// No plan keeps within the limit.
public struct MemoryShortage: CategorizedError, Equatable {
  /// Bytes that the process may take.
  public let limit: Int
  /// Bytes that it takes at least.
  public let needed: Int
  /// What of the work takes them.
  public let stage: String

  /// One line for people.
  public var description: String {
    "\(ByteCount.text(limit)) of memory are too little: \(ByteCount.text(needed)) are needed (\(stage)); give more with "
      + "--memory-limit, or free some"
  }

  /// What kind of failure this is.
  public var category: FailureCategory { .systemLimit }
}
