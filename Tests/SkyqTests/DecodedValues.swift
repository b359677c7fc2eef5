// Values of a tensor by plain loops that follow Formats/skyq.md §6 word by word.
import JSON
import Skyq
import Tensors

/// The values of a tensor as doubles, or as integers, spelt so that two readers can compare them exactly.
struct DecodedValues {
  let spelling: [String]

  init(of tensor: SkyqTensor, in file: SkyqFile) throws {
    let planes = try tensor.planes.indices.map { index in
      try file.view(of: tensor, plane: index).withBytes { bytes in
        (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
      }
    }
    if let scaleType = tensor.encoding.scaleDType {
      spelling = DecodedValues.awq(planes, tensor, scaleType).map { DecodedValues.spelling(Double($0)) }
    } else {
      spelling = DecodedValues.plain(planes[0], tensor.encoding)
    }
  }

  private static func plain(_ bytes: [UInt8], _ encoding: SkyqEncoding) -> [String] {
    switch encoding {
    case .float32: integers(bytes, UInt32.self).map { spelling(Double(Float(bitPattern: $0))) }
    case .float16: integers(bytes, UInt16.self).map { spelling(Double(Float16(bitPattern: $0))) }
    case .bfloat16: integers(bytes, UInt16.self).map { spelling(Double(Float(bitPattern: UInt32($0) << 16))) }
    case .int8: bytes.map { String(Int8(bitPattern: $0)) }
    case .int32: integers(bytes, UInt32.self).map { String(Int32(bitPattern: $0)) }
    case .int64: integers(bytes, UInt64.self).map { String(Int64(bitPattern: $0)) }
    default: bytes.map { String($0) }
    }
  }

  private static func awq(_ planes: [[UInt8]], _ tensor: SkyqTensor, _ scaleType: DType) -> [Float] {
    let (rows, columns, group) = (tensor.shape[0], tensor.shape[1], tensor.groupSize)
    let groups = columns / group, hasEightBits = tensor.encoding == .awqU8Float16
    let scales = integers(planes[1], UInt16.self).map {
      scaleType == .float16 ? Float(Float16(bitPattern: $0)) : Float(bitPattern: UInt32($0) << 16)
    }
    var values: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns {
        guard !hasEightBits else {
          let place = row * groups + column / group
          let level = Int(planes[0][row * columns + column]) - Int(planes[2][place])
          values.append(Float(level) * scales[place])
          continue
        }
        let byte = planes[0][row * columns / 2 + 16 * (column / 32) + column % 32 % 16]
        let code = column % 32 < 16 ? byte & 0x0F : byte >> 4
        let t = column / group
        let zeroByte = planes[2][row * ((groups + 1) / 2) + t / 2]
        let zero = t % 2 == 0 ? zeroByte & 0x0F : zeroByte >> 4
        values.append(Float(Int(code) - Int(zero)) * scales[row * groups + t])
      }
    }
    return values
  }

  private static func integers<Value: FixedWidthInteger>(_ bytes: [UInt8], _: Value.Type) -> [Value] {
    let width = Value.bitWidth / 8
    return stride(from: 0, to: bytes.count, by: width).map { start in
      bytes[start..<start + width].reversed().reduce(0) { $0 << 8 | Value($1) }
    }
  }

  /// A double by its bits, so that -0 is not 0 and NaN equals NaN.
  private static func spelling(_ value: Double) -> String {
    value.isNaN ? "nan" : String(value.bitPattern, radix: 16)
  }

  /// A value of the manifest: an integer, or a float as a hexadecimal string.
  static func spelling(_ value: JSONValue) -> String {
    if let integer = value.intValue { return String(integer) }
    return value.stringValue.flatMap(Double.init).map { spelling($0) } ?? "not a value"
  }
}
