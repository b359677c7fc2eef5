// A plain reader of GGUF files, written from llama.cpp's docs/gguf.md for the tests alone.
import Foundation

struct GGUFReader {
  struct Tensor {
    let dimensions: [Int]
    let type: UInt32
    let offset: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private(set) var values: [String: Any] = [:]
  private(set) var tensors: [String: Tensor] = [:]
  private(set) var dataOffset = 0

  init(_ path: String) throws {
    bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    guard string(4) == "GGUF", integer(4) == 3 else { throw CocoaError(.fileReadCorruptFile) }
    let tensorCount = integer(8), valueCount = integer(8)
    for _ in 0..<valueCount {
      let key = string(integer(8))
      values[key] = value(type: integer(4))
    }
    for _ in 0..<tensorCount {
      let name = string(integer(8)), rank = integer(4)
      let dimensions = (0..<rank).map { _ in integer(8) }
      tensors[name] = Tensor(dimensions: dimensions, type: UInt32(integer(4)), offset: integer(8))
    }
    dataOffset = (position + 31) / 32 * 32
  }

  /// Bytes of a tensor from its start on.
  func data(_ name: String) -> ArraySlice<UInt8>? { tensors[name].map { bytes[(dataOffset + $0.offset)...] } }

  /// Rows of a tensor of any type that is written.
  func rows(_ name: String) -> [[Float]]? {
    guard let tensor = tensors[name], var data = data(name) else { return nil }
    let width = tensor.dimensions[0], count = tensor.dimensions.dropFirst().reduce(1, *)
    func bits(_ size: Int) -> UInt32 {
      defer { data = data.dropFirst(size) }
      return data.prefix(size).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    func half() -> Float { Float(Float16(bitPattern: UInt16(bits(2)))) }
    func bytes(_ count: Int) -> [UInt8] {
      defer { data = data.dropFirst(count) }
      return Array(data.prefix(count))
    }
    func block() -> [Float] {
      switch tensor.type {
      case 0: return [Float(bitPattern: bits(4))]
      case 1: return [half()]
      case 30: return [Float(bitPattern: bits(2) << 16)]
      case 3:
        let scale = half(), offset = half(), codes = bytes(16)
        return (codes.map { $0 & 15 } + codes.map { $0 >> 4 }).map { Float($0) * scale + offset }
      case 8:
        let scale = half()
        return bytes(32).map { Float(Int8(bitPattern: $0)) * scale }
      default:
        let scale = half(), least = half(), packed = bytes(12), codes = bytes(128)
        return (0..<8).flatMap { part -> [Float] in
          let upper = part % 4
          let (high, low) = (packed[upper + 8] >> 4, packed[upper + 8] & 15)
          let level = part < 4 ? packed[part] & 63 : low | (packed[upper] >> 6) << 4
          let minimum = part < 4 ? packed[part + 4] & 63 : high | (packed[upper + 4] >> 6) << 4
          return codes[part / 2 * 32..<part / 2 * 32 + 32].map {
            scale * Float(level) * Float(part % 2 == 0 ? $0 & 15 : $0 >> 4) - least * Float(minimum)
          }
        }
      }
    }
    return (0..<count).map { _ in
      var row: [Float] = []
      while row.count < width { row += block() }
      return row
    }
  }

  private mutating func integer(_ size: Int) -> Int {
    defer { position += size }
    return Int((0..<size).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) })
  }

  private mutating func string(_ count: Int) -> String {
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  private mutating func value(type: Int) -> Any {
    switch type {
    case 7: return integer(1) == 1
    case 6: return Float(bitPattern: UInt32(integer(4)))
    case 5: return Int(Int32(bitPattern: UInt32(integer(4))))
    case 8: return string(integer(8))
    case 9:
      let element = integer(4), count = integer(8)
      return (0..<count).map { _ in value(type: element) }
    default: return integer(4)
    }
  }
}
