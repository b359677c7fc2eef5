// How a run keeps within a limit of memory: what has to wait on the disk, and how much is done at the same time.
public import Basics
public import Calibration
public import ModelConfig

/// How much of a quantization is in memory at the same time. No result depends on it.
public struct QuantizationMemory: Sendable, Equatable {
  /// Of the samples and the sums over them.
  public var calibration: CalibrationMemory
  /// Sites whose targets, and what judges them, are kept in f32 while they are of use; those of others are made each
  /// time they are needed, one linear's after the other's.
  public var keptTargets: Set<LinearSite>

  /// Limits.
  public init(calibration: CalibrationMemory, keptTargets: Set<LinearSite>) {
    self.calibration = calibration
    self.keptTargets = keptTargets
  }

  /// Buffers of so many bytes and more go back to the system as soon as they are freed, by what the program asks of malloc;
  /// smaller ones are kept for the next one of their size, as a layer makes thousands of them.
  public static let returnedByteCount = 32 << 20

  /// As much as is of use.
  public static let unlimited = QuantizationMemory(calibration: .unlimited, keptTargets: Set(LinearSite.allCases))
}

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
  /// How much of the work is in memory at the same time.
  public let memory: QuantizationMemory

  /// The plan that keeps within `limit`, with as much in memory as that allows: first what would have to be computed
  /// twice, then activations.
  /// - Throws: `MemoryShortage` if there is none.
  public init(_ demand: MemoryDemand, limit: Int) throws(MemoryShortage) {
    func least(_ kept: Set<LinearSite>) -> MemoryDemand.Stage {
      demand.stages(batchTokens: demand.longestSample, sums: 0, keptTargets: kept).largest
    }
    let stage = least([]), needed = demand.fixed + stage.byteCount
    guard needed <= limit else { throw MemoryShortage(limit: limit, needed: needed, stage: stage.name) }
    let room = limit - demand.fixed
    // One site is searched after the other.
    let keptTargets = Set(LinearSite.allCases.filter { least([$0]).byteCount <= room })
    keepsActivations = least(keptTargets).byteCount <= room - demand.activations
    let kept = keepsActivations ? demand.activations : 0
    var calibration = demand.calibration(within: room - kept, keptTargets: keptTargets)
    let stages = demand.stages(
      batchTokens: demand.largestBatch(calibration), sums: calibration.sumsByteCount, keptTargets: keptTargets)
    calibration.returnsFreedMemory = stages.together > room - kept
    activationByteCount = demand.activations
    memory = QuantizationMemory(calibration: calibration, keptTargets: keptTargets)
    self.limit = limit
    peak = demand.fixed + kept + (calibration.returnsFreedMemory ? stages.largest.byteCount : stages.together)
    peakStage = stages.largest.name
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

  package init(limit: Int, needed: Int, stage: String) {
    self.limit = limit
    self.needed = needed
    self.stage = stage
  }

  /// One line for people.
  public var description: String {
    "\(ByteCount.text(limit)) of memory are too little: \(ByteCount.text(needed)) are needed (\(stage)); give more with "
      + "--memory-limit, or free some"
  }

  /// What kind of failure this is.
  public var category: FailureCategory { .systemLimit }
}
