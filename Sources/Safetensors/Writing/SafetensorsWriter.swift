// Plan, then write: names, order and offsets are fixed before the first byte of data exists, which is then
// streamed.
import JSON
public import Storage
public import Tensors

/// What a safetensors file will hold. The same tensors and metadata always give the same header bytes.
public struct SafetensorsPlan: Sendable {
  /// The tensors in the order of their data.
  public let tensors: [TensorInfo]
  /// Length field, JSON and padding: all bytes before the data.
  public let headerBytes: [UInt8]
  /// Size of the file.
  public let fileByteCount: Int

  /// Plans a file that holds `tensors` in this order.
  ///
  /// The header is read back by our own reader, so that nothing is written that could not be read.
  /// - Throws: the reason why no reader would accept the file, for example a name used twice.
  public init(tensors: [TensorInfo], metadata: [String: String] = [:]) throws(SafetensorsError.Reason) {
    var (header, dataByteCount) = (JSONObject(), 0)
    if !metadata.isEmpty { header["\(SafetensorsHeader.metadataKey)"] = SafetensorsPlan.sorted(metadata) }
    for info in tensors {
      let end = dataByteCount + info.byteCount
      let entry: JSONValue = [
        "dtype": .string(info.dtype.rawValue),
        "shape": .array(info.shape.dimensions.map(JSONValue.integer)),
        "data_offsets": [.integer(dataByteCount), .integer(end)],
      ]
      guard header.append(info.name, entry) else { throw .duplicateName(info.name, offset: 0) }
      dataByteCount = end
    }
    let json = try SafetensorsPlan.padded(header)
    _ = try SafetensorsHeader(parsing: unsafe json.span.bytes, dataByteCount: dataByteCount)
    self.tensors = tensors
    headerBytes = SafetensorsPlan.littleEndianBytes(UInt64(json.count)) + json
    fileByteCount = headerBytes.count + dataByteCount
  }

  /// Where in the file the data of the first `tensorCount` tensors ends.
  public func end(of tensorCount: Int) -> Int {
    tensors.prefix(tensorCount).reduce(headerBytes.count) { $0 + $1.byteCount }
  }

  /// Whether a file of these bytes begins with the header.
  func isHeader(of file: RawSpan) -> Bool {
    guard file.byteCount >= headerBytes.count else { return false }
    let start = file.extracting(first: headerBytes.count)
    return SHA256Hasher.hash(start) == SHA256Hasher.hash(headerBytes)
  }

  private static func sorted(_ metadata: [String: String]) -> JSONValue {
    var object = JSONObject()
    for key in metadata.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      object[key] = metadata[key].map(JSONValue.string)
    }
    return .object(object)
  }

  /// The header's JSON with spaces up to a multiple of 8, so that the data begins at one.
  private static func padded(_ header: JSONObject) throws(SafetensorsError.Reason) -> [UInt8] {
    do throws(JSONError) {
      let json = try JSONValue.object(header).serialized(.compact)
      return json + [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    } catch {
      throw .json(error)
    }
  }

  private static func littleEndianBytes(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

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
