// Floats that a run keeps on the disk for want of memory: the file `scratch` in its work folder, which goes with the run.
// Read and written, not mapped, so that a limit on the address space counts none of it.
import Glibc

/// A file of 32-bit floats in a work folder. Several threads may read and write it, each its own places.
public final class ScratchFile: Sendable {
  private let file: FileDescriptor
  /// Floats that there is room for.
  public let capacity: Int

  init(_ file: consuming FileDescriptor, capacity: Int) {
    self.file = file
    self.capacity = capacity
  }

  /// The `count` floats from the place `first` on, in the machine's byte order.
  /// - Throws: `StorageError.failed`; `changedWhileReading` if the file has been cut.
  public func read(_ count: Int, at first: Int) throws(StorageError) -> [Float] {
    var failure: StorageError?
    let values = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(StorageError) {
        try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer), at: first * MemoryLayout<Float>.size)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Writes floats from the place `first` on.
  /// - Throws: `StorageError.failed`.
  public func write(_ values: [Float], at first: Int) throws(StorageError) {
    precondition(first >= 0 && first + values.count <= capacity, "beyond the scratch file")
    try file.write(unsafe values.span.bytes, at: first * MemoryLayout<Float>.size)
  }
}

extension WorkFolder {
  /// Makes a scratch file for `capacity` floats, in place of one that a killed run has left. The room is taken at once,
  /// so that a full disk shows before the work.
  /// - Throws: `StorageError.noSpace`, `beyondFileSize`, `cannotCreate`.
  public func makeScratch(capacity: Int) throws(StorageError) -> ScratchFile {
    try dropScratch()
    let file = try FileDescriptor(creating: path(.scratch), mode: 0o600)
    try file.reserve(capacity * MemoryLayout<Float>.size)
    return ScratchFile(file, capacity: capacity)
  }

  /// Removes the scratch file that a killed run has left, if there is one.
  /// - Throws: `StorageError.failed`.
  public func dropScratch() throws(StorageError) { try WorkItem.scratch.remove(from: output.work) }
}
