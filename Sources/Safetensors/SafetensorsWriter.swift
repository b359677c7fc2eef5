// Streams the data of a plan into a file.
public import Storage
import Tensors

/// Writes one safetensors file: the header at once, then the tensors in the order of the plan, in pieces of any size.
///
/// ```swift
/// let plan = try SafetensorsPlan(tensors: infos)
/// var writer = try SafetensorsWriter(plan, to: AtomicFileWriter(path: "model.safetensors"))
/// for info in plan.tensors { try writer.write(bytes(of: info), of: info.name) }
/// try writer.finish().commit()
/// ```
public struct SafetensorsWriter<Sink: ByteSink & ~Copyable>: ~Copyable {
  private var sink: Sink
  private let tensors: [TensorInfo]
  /// Index of the tensor being written.
  private var position = 0
  /// Bytes of that tensor written so far.
  private var written = 0

  /// Writes the header of `plan`.
  /// - Throws: `StorageError`.
  public init(_ plan: SafetensorsPlan, to sink: consuming Sink) throws(StorageError) {
    self.sink = sink
    tensors = plan.tensors
    try self.sink.append(plan.headerBytes)
  }

  /// Goes on after the first `tensorCount` tensors of `plan`, which `sink` ends with.
  public init(_ plan: SafetensorsPlan, continuing sink: consuming Sink, after tensorCount: Int) {
    self.sink = sink
    tensors = plan.tensors
    position = tensorCount
  }

  /// Brings what was appended so far to where the sink keeps it.
  borrowing func withSink<Failure: Error>(_ body: (borrowing Sink) throws(Failure) -> Void) throws(Failure) {
    try body(sink)
  }

  /// Appends to the tensor `name`, which must be the one whose turn it is. Tensors without elements are passed over.
  /// - Throws: `StorageError`.
  public mutating func write(_ bytes: RawSpan, of name: String) throws(StorageError) {
    guard bytes.byteCount > 0 else { return }
    skipFilledTensors()
    precondition(position < tensors.count && tensors[position].name == name, "not this tensor's turn: \(name)")
    precondition(written + bytes.byteCount <= tensors[position].byteCount, "too many bytes for \(name)")
    try sink.append(bytes)
    written += bytes.byteCount
  }

  /// Appends to the tensor `name`, which must be the one whose turn it is.
  /// - Throws: `StorageError`.
  public mutating func write(_ bytes: [UInt8], of name: String) throws(StorageError) {
    try write(unsafe bytes.span.bytes, of: name)
  }

  /// Gives back the sink, which the caller commits. All tensors must have been written.
  public consuming func finish() -> Sink {
    skipFilledTensors()
    precondition(position == tensors.count, "a tensor is not written to its end")
    return sink
  }

  private mutating func skipFilledTensors() {
    while position < tensors.count, written == tensors[position].byteCount {
      position += 1
      written = 0
    }
  }
}
