// Plan, then write: names, order and offsets are fixed before the first byte of data exists.
import JSON
import Storage
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
