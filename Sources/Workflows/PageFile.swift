// Where a page for people goes.
internal import HTML
internal import Storage

/// An HTML file that a run writes beside its other results.
public struct PageFile: Sendable, Equatable {
  /// The file.
  public var path: String
  /// Whether an existing file is replaced.
  public var overwrites: Bool

  /// The file `path`, which does not exist unless it may be replaced.
  public init(_ path: String, overwrites: Bool = false) {
    self.path = path
    self.overwrites = overwrites
  }

  /// Looks before the work whether the file may be written.
  /// - Parameters:
  ///   - inputs: What must stay as it is.
  ///   - others: The run's other outputs.
  ///   - resuming: Whether a stopped run may have written it already.
  /// - Throws: `StorageError.exists`, `replacesInput` or `cannotCreate`.
  func requireName(keeping inputs: [String], besides others: [String] = [], resuming: Bool = false) throws(StorageError)
  {
    try requireOutput(path, keeping: inputs, besides: others)
    if resuming, (try? readFile(path, limit: Self.byteLimit)) != nil { return }
    try AtomicFileWriter.require(path: path, overwriting: overwrites)
  }

  /// Far more than a page has.
  private static let byteLimit = 64 << 20

  /// Writes the file, unless it is there with these bytes.
  /// - Throws: `StorageError`; `exists` for another file.
  func write(_ page: HTMLDocument, permissions: OutputPermissions) throws(StorageError) {
    let bytes = page.bytes
    if let existing = try? readFile(path, limit: Self.byteLimit), existing == bytes { return }
    var writer = try AtomicFileWriter(
      path: path, overwriting: overwrites, permissions: permissions, byteCount: bytes.count)
    unsafe try writer.append(bytes.span.bytes)
    try writer.commit()
  }
}
