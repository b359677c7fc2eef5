// The journal beside a file that is being written, Formats/skyq.md §10.
import Storage

/// The lines of a journal.
///
///     skyq-journal 1 PLAN          PLAN: SHA-256 of the planned bytes before the first plane
///     INDEX OFFSET SHA256          a finished tensor: place in the table, offset of its first plane, digest
enum SkyqJournal {
  /// The line that says which plan the journal belongs to.
  static func firstLine(planDigest: SHA256Digest) -> String { "skyq-journal 1 \(planDigest)" }

  /// The line that says that a tensor is on the disk.
  static func line(index: Int, tensor: SkyqTensor, sha256: SHA256Digest) -> String {
    "\(index) \(tensor.planes.first?.offset ?? 0) \(sha256)"
  }

  /// Hashes again what the journal of `file` claims, up to the first tensor that is not as it says.
  /// - Returns: the digests of the tensors from the first on that are on the disk.
  static func provenDigests(
    of tensors: SkyqTensorList, in file: borrowing ResumableFileWriter
  ) throws(StorageError) -> [TensorDigests] {
    var proven: [TensorDigests] = []
    for (claim, tensor) in zip(file.resumedLines.dropFirst(), tensors) {
      let digests = try digestsOnDisk(of: tensor, in: file)
      guard claim == line(index: proven.count, tensor: tensor, sha256: digests.sha256) else { break }
      proven.append(digests)
    }
    return proven
  }

  private static func digestsOnDisk(
    of tensor: SkyqTensor, in file: borrowing ResumableFileWriter
  ) throws(StorageError) -> TensorDigests {
    let chunkSize = 8 << 20
    var progress = TensorProgress()
    for plane in tensor.planes {
      for start in stride(from: 0, to: plane.size, by: chunkSize) {
        let end = min(start + chunkSize, plane.size)
        let bytes = try file.read(plane.offset + start..<plane.offset + end)
        progress.update(unsafe bytes.span.bytes)
      }
      progress.endPlane()
    }
    return progress.finish()
  }
}
