// What packing will take, told before it: bytes, memory, time.
internal import Kernels
internal import ModelFiles
internal import Storage

/// What packing a checkpoint will take.
public struct PackingPlan: Sendable {
  /// Bytes of the file, but for a few that its provenance may be longer or shorter.
  public let outputByteCount: Int
  /// Bytes of memory, at most; pages of files that the system can drop do not count.
  public let memoryByteCount: Int
  /// How long the stages take.
  public let stages: RunPlan
  /// What that may be wrong by, as a share of it.
  public let uncertainty: Double
}

extension PackingRun {
  /// Other work on a machine, and a disk that is not always as fast.
  private static let uncertainty = 0.25

  /// What the run will take. Nothing is written; this machine's processor and disk are tried for a second.
  /// - Throws: as `run`, for what it would refuse before the work.
  public func plan(_ observe: RunObserver = { _ in }) throws -> PackingPlan {
    let (file, reports) = try opened()
    try file.tellCarried(observe)
    let packer = SkyqPacker(
      file, sources: file.unreadSources, version: Version.current, evaluations: reports)
    let byteCount = try packer.byteCount()
    try WorkFolder.requirePossible(
      for: output, making: .file, overwriting: overwrites, resuming: resumes, byteCount: byteCount)
    return PackingPlan(
      outputByteCount: byteCount,
      memoryByteCount: AvailableMemory().ownByteCount + (try packer.memoryByteCount()),
      stages: stages(file, outputByteCount: byteCount), uncertainty: Self.uncertainty)
  }

  private func stages(_ file: ModelFile, outputByteCount: Int) -> RunPlan {
    let read = Double(file.weightByteCount) / (file.largestWeightFile.flatMap(StorageProbe.reading) ?? .infinity)
    let fits = file.weightByteCount < AvailableMemory().byteCount ?? 0
    let hashing = file.hashingSeconds
    // Hashed by all workers, and brought to the disk meanwhile; read again if memory could not hold it.
    let written = Double(outputByteCount) / (StorageProbe.writing(beside: output) ?? .infinity)
    let packed = Double(outputByteCount) / StorageProbe.hashing() / Double(Parallel.threadCount)
    return RunPlan(
      stages: [
        StageEstimate(.hashing, seconds: max(read, hashing)),
        StageEstimate(.tensors, seconds: max(written, packed) + (fits ? 0 : read)),
      ], layerCount: 0, siteWeights: [:])
  }
}

extension ModelFile {
  /// Seconds that hashing the weights takes once they are in memory: files are hashed side by side, but each by one worker.
  var hashingSeconds: Double {
    let largest = largestWeightFile?.byteCount ?? 0
    return Double(max(largest, weightByteCount / Parallel.threadCount)) / StorageProbe.hashing()
  }
}
