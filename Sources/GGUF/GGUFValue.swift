// Values of a GGUF file's key-value table (ggml-org/ggml, docs/gguf.md, version 3). Little-endian.

/// A value of the key-value table.
public enum GGUFValue: Sendable, Equatable {
  case uint32(UInt32)
  case int32(Int32)
  case float32(Float)
  case bool(Bool)
  case string(String)
  case strings([String])
  case int32s([Int32])
  case float32s([Float])

  /// The number of its type in the file.
  private var type: UInt32 {
    switch self {
    case .uint32: 4
    case .int32: 5
    case .float32: 6
    case .bool: 7
    case .string: 8
    case .strings, .int32s, .float32s: 9
    }
  }

  /// Type and value as the file holds them.
  func encode(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: type)
    switch self {
    case .uint32(let value): bytes.append(littleEndian: value)
    case .int32(let value): bytes.append(littleEndian: UInt32(bitPattern: value))
    case .float32(let value): bytes.append(littleEndian: value.bitPattern)
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .string(let text): bytes.append(gguf: text)
    case .strings(let texts):
      bytes.append(littleEndian: UInt32(8))
      bytes.append(littleEndian: UInt64(texts.count))
      for text in texts { bytes.append(gguf: text) }
    case .int32s(let values):
      bytes.append(littleEndian: UInt32(5))
      bytes.append(littleEndian: UInt64(values.count))
      for value in values { bytes.append(littleEndian: UInt32(bitPattern: value)) }
    case .float32s(let values):
      bytes.append(littleEndian: UInt32(6))
      bytes.append(littleEndian: UInt64(values.count))
      for value in values { bytes.append(littleEndian: value.bitPattern) }
    }
  }
}

extension [UInt8] {
  /// Appends an integer, lowest byte first.
  mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// Appends a string: its length in bytes as u64, then its UTF-8.
  mutating func append(gguf text: String) {
    append(littleEndian: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
