// Writing the file of a plan.
public import Storage

/// Writes a GGUF file, tensor by tensor in the order of its plan.
///
/// ```swift
/// let plan = try GGUFPlan(metadata: values, tensors: tensors)
/// var writer = try GGUFWriter(plan, to: AtomicFileWriter(path: "model.gguf", byteCount: plan.fileByteCount))
/// for tensor in tensors { try writer.append(bytes(of: tensor)) }
/// try writer.finish().commit()
/// ```
public struct GGUFWriter<Sink: ByteSink & ~Copyable>: ~Copyable {
  private var sink: Sink
  private let byteCounts: [Int]
  /// Index of the tensor being written.
  private var index = 0
  /// Bytes of that tensor written so far.
  private var written = 0

  /// Writes everything that comes before the data.
  /// - Throws: `StorageError`.
  public init(_ plan: GGUFPlan, to sink: consuming Sink) throws(StorageError) {
    self.sink = sink
    byteCounts = plan.byteCounts
    try self.sink.append(plan.head)
  }

  /// Appends bytes of the current tensor; when it is full the next one begins.
  /// - Throws: `StorageError`.
  public mutating func append(_ bytes: RawSpan) throws(StorageError) {
    guard bytes.byteCount > 0 else { return }
    precondition(
      index < byteCounts.count && written + bytes.byteCount <= byteCounts[index], "more bytes than announced")
    try sink.append(bytes)
    written += bytes.byteCount
    while index < byteCounts.count, written == byteCounts[index] {
      try sink.append([UInt8](repeating: 0, count: GGUFPlan.padding(after: written)))
      index += 1
      written = 0
    }
  }

  /// Appends bytes of the current tensor.
  /// - Throws: `StorageError`.
  public mutating func append(_ bytes: [UInt8]) throws(StorageError) { try append(unsafe bytes.span.bytes) }

  /// Gives back the sink, which the caller commits. All tensors must have been written.
  public consuming func finish() -> Sink {
    precondition(index == byteCounts.count, "all tensors must be written before the file gets its name")
    return sink
  }
}
