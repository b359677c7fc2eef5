// Writing a .skyq file by the commit protocol of Formats/skyq.md §10.
public import Storage
import Tensors

/// Writes a .skyq file, plane by plane in the order of its plan.
///
/// ```swift
/// let folder = try WorkFolder(for: "model.skyq", making: .file)
/// var writer = try SkyqWriter(in: folder, tensors: plan, sections: sections)
/// while let tensor = writer.nextTensor {                         // skips what a resumed run had written
///   for plane in planes(of: plan[tensor]) { try writer.append(plane.bytes) }
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
  private var progress: TensorProgress
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
    progress = TensorProgress()
    for (index, digests) in finished.enumerated() { front.setDigests(digests, ofTensor: index) }
    tensorIndex = finished.count
    skipEmptyPlanes()
  }

  /// Index in the plan of the tensor whose bytes come next, or nil when all are written.
  public var nextTensor: Int? { tensorIndex < planned.tensors.count ? tensorIndex : nil }

  /// Bytes that the plane whose bytes come next still lacks; nil when all are written.
  public var remainingInPlane: Int? {
    guard let nextTensor else { return nil }
    return planned.tensors[nextTensor].planes[progress.plane].size - progress.byteCount
  }

  /// Appends bytes of the current plane; when it is full the next plane begins, and after the last plane the next
  /// tensor. Bytes must not reach beyond the plane.
  /// - Throws: E036 for a value that the format does not allow, `StorageError` if they cannot be written.
  public mutating func append(_ bytes: RawSpan) throws {
    guard bytes.byteCount > 0 else { return }
    precondition(bytes.byteCount <= remainingInPlane ?? 0, "more bytes than the plane has")
    let tensor = planned.tensors[tensorIndex]
    let offset = tensor.planes[progress.plane].offset
    if progress.byteCount == 0 { progress.beginPlane(of: tensor) }
    if let position = progress.firstViolation(in: bytes) {
      throw SkyqError(
        .value, PlaneValueRule.explanation, part: .tensor(tensor.name), offset: offset + position
      ).inFile(path)
    }
    try file.write(bytes, at: offset + progress.byteCount)
    progress.update(bytes)
    skipEmptyPlanes()
    if unrecordedByteCount >= Self.checkpointInterval { try checkpoint() }
  }

  /// Appends bytes of the current plane.
  /// - Throws: see `append(_:)`.
  public mutating func append(_ bytes: [UInt8]) throws { try append(unsafe bytes.span.bytes) }

  /// Appends bytes of plane `plane` of tensor `tensor`, which must be the current ones.
  /// - Throws: see `append(_:)`.
  public mutating func write(tensor: Int, plane: Int, _ bytes: RawSpan) throws {
    precondition(
      bytes.byteCount == 0 || tensor == tensorIndex && plane == progress.plane, "planes are written in order")
    try append(bytes)
  }

  /// Makes everything up to the last finished tensor durable, so that a later run can resume there.
  /// - Throws: `StorageError`; after a failed fsync nothing can be resumed.
  public mutating func checkpoint() throws(StorageError) {
    guard !unrecorded.isEmpty else { return }
    try file.record(unrecorded)
    unrecorded = []
    unrecordedByteCount = 0
  }

  /// Writes the index and seals the file, which has its final name only after `publish()`. All planes must have been
  /// written.
  /// - Throws: `StorageError`.
  public consuming func seal() throws -> SealedSkyqFile {
    precondition(nextTensor == nil, "all planes must be written before the file is sealed")
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

  /// Passes over planes that are full or have no bytes, and completes the tensors they belong to.
  private mutating func skipEmptyPlanes() {
    while let index = nextTensor, progress.byteCount == planned.tensors[index].planes[progress.plane].size {
      progress.endPlane()
      if progress.plane == planned.tensors[index].planes.count { completeTensor(progress.finish()) }
    }
  }

  private mutating func completeTensor(_ digests: TensorDigests) {
    let tensor = planned.tensors[tensorIndex]
    front.setDigests(digests, ofTensor: tensorIndex)
    unrecorded.append(SkyqJournal.line(index: tensorIndex, tensor: tensor, sha256: digests.sha256))
    unrecordedByteCount += tensor.byteCount
    tensorIndex += 1
  }
}
