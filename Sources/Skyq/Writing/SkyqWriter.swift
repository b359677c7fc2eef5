// Writing a .skyq file by the commit protocol of Formats/skyq.md §10.
public import Storage
import Tensors

/// Writes a .skyq file, tensor by tensor in the order of its plan. The planes of several tensors may be written at once.
///
/// ```swift
/// let folder = try WorkFolder(for: "model.skyq", making: .file)
/// var writer = try SkyqWriter(in: folder, tensors: plan, sections: sections)
/// while let index = writer.nextTensor {                          // skips what a resumed run had written
///   var tensor = writer.tensorWriters.makeWriter(of: index)
///   for plane in planes(of: plan[index]) { try tensor.append(plane.bytes) }
///   try writer.complete(tensor.finish())
/// }
/// let header = try writer.seal().publish()
/// ```
///
/// The room for the whole file is reserved before any data is asked for. Nothing has the final name before `publish()`.
/// A writer that is dropped earlier, or whose process is killed, can be resumed from its last checkpoint.
public struct SkyqWriter: ~Copyable {
  private let path: String
  private var file: ResumableFileWriter
  private var front: Front
  private let planned: SkyqContents
  private var tensorIndex: Int
  /// Journal lines of tensors that are written but perhaps not on the disk.
  private var unrecorded: [String] = []
  private var unrecordedByteCount = 0

  /// Bytes after which a checkpoint is made without being asked for.
  private static let checkpointInterval = 256 << 20

  /// Checks the plan, reserves the room, and writes everything that comes before the planes; or goes on with what a
  /// stopped run with the same plan has left.
  /// - Parameters:
  ///   - folder: where the file is made.
  ///   - alignmentLog2: alignment of planes, 12 for 4 KiB pages to 16 for 64 KiB pages.
  /// - Throws: `SkyqError` for a plan that a reader would refuse, `SkyqWriterError` if there is a run of another plan
  ///   to resume, `StorageError` for the output; `altered` if what the stopped run left is not what it wrote.
  public init(
    in folder: consuming WorkFolder, tensors: [SkyqTensorPlan], sections: [SkyqSectionContent],
    alignmentLog2: Int = 12, permissions: OutputPermissions = .everyone
  ) throws {
    let path = folder.destination
    let plan = try SkyqWriter.plan(tensors, sections, alignmentLog2, path: path)
    var file = try ResumableFileWriter(in: folder, permissions: permissions)
    let firstLine = SkyqJournal.firstLine(planDigest: SHA256Hasher.hash(plan.head))
    var finished: [TensorDigests] = []
    if file.resumedLines.isEmpty {
      try file.reserve(plan.contents.header.fileSize)
      try file.write(plan.head, at: 0)
      try file.record([firstLine])
    } else {
      guard file.resumedLines.first == firstLine else { throw SkyqWriterError.otherPlan(path: path) }
      try SkyqJournal.requirePlanned(plan, finished: file.resumedLines.count - 1, in: file)
      finished = try SkyqJournal.provenDigests(of: plan.contents.tensors, in: file)
    }
    self.path = path
    self.file = file
    front = plan.front
    planned = plan.contents
    for (index, digests) in finished.enumerated() { front.setDigests(digests, ofTensor: index) }
    tensorIndex = finished.count
  }

  /// Bytes of a file with these tensors and sections.
  /// - Throws: `SkyqError` for a plan that a reader would refuse.
  public static func byteCount(
    tensors: [SkyqTensorPlan], sections: [SkyqSectionContent], alignmentLog2: Int = 12
  ) throws(SkyqError) -> Int {
    try PlannedFile(tensors: tensors, sections: sections, alignmentLog2: alignmentLog2).contents.header.fileSize
  }

  /// Index in the plan of the tensor that is completed next, or nil when all are.
  public var nextTensor: Int? { tensorIndex < planned.tensors.count ? tensorIndex : nil }

  /// Makes writers of the tensors, for this thread and others.
  public var tensorWriters: SkyqTensorWriters {
    SkyqTensorWriters(file: file.file, path: path, tensors: planned.tensors)
  }

  /// Takes note that the next tensor's planes are in the file. Tensors are completed in the order of the plan.
  /// - Throws: `StorageError` if they cannot be secured.
  public mutating func complete(_ written: WrittenSkyqTensor) throws(StorageError) {
    precondition(written.index == nextTensor, "tensors are completed in the order of the plan")
    let tensor = planned.tensors[tensorIndex]
    front.setDigests(written.digests, ofTensor: tensorIndex)
    unrecorded.append(SkyqJournal.line(index: tensorIndex, tensor: tensor, sha256: written.digests.sha256))
    unrecordedByteCount += tensor.byteCount
    tensorIndex += 1
    if unrecordedByteCount >= Self.checkpointInterval { try checkpoint() }
  }

  /// Makes everything up to the last finished tensor durable, so that a later run can resume there.
  /// - Throws: `StorageError`; after a failed fsync nothing can be resumed.
  public mutating func checkpoint() throws(StorageError) {
    guard !unrecorded.isEmpty else { return }
    try file.record(unrecorded)
    unrecorded = []
    unrecordedByteCount = 0
  }

  /// Writes the index and seals the file, which has its final name only after `publish()`. All tensors must be
  /// complete.
  /// - Throws: `StorageError`.
  public consuming func seal() throws -> SealedSkyqFile {
    precondition(nextTensor == nil, "all tensors must be complete before the file is sealed")
    try checkpoint()  // from here on the front may be of either kind: a later run must know that all planes are there
    let contents = try front.seal()
    try file.write(front.unsealedBytes(), at: 0)
    try file.synchronize()
    try file.write(front.superblock.encoded(), at: 0)
    return SealedSkyqFile(file: file, header: contents.header)
  }
}

/// A .skyq file that is complete, but has not got its final name.
public struct SealedSkyqFile: ~Copyable {
  private var file: ResumableFileWriter
  /// What a reader will see, with the content id.
  public let header: SkyqHeader

  fileprivate init(file: consuming ResumableFileWriter, header: SkyqHeader) {
    self.file = file
    self.header = header
  }

  /// Where the file is now.
  public var path: String { file.path }

  /// Gives the file its name.
  /// - Throws: `StorageError`; then nothing has changed under the final name.
  public consuming func publish() throws(StorageError) -> SkyqHeader {
    let header = header
    try file.commit()
    return header
  }

  /// Drops the file: nobody is to go on with it.
  public consuming func abandon() { file.abandon() }
}

extension SkyqWriter {
  private static func plan(
    _ tensors: [SkyqTensorPlan], _ sections: [SkyqSectionContent], _ alignmentLog2: Int, path: String
  ) throws(SkyqError) -> PlannedFile {
    do throws(SkyqError) {
      return try PlannedFile(tensors: tensors, sections: sections, alignmentLog2: alignmentLog2)
    } catch {
      throw error.inFile(path)
    }
  }
}
