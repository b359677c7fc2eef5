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

  /// Rows of a Q4_1 or F32 tensor.
  func rows(_ name: String) -> [[Float]]? {
    guard let tensor = tensors[name], let data = data(name) else { return nil }
    let width = tensor.dimensions[0], count = tensor.dimensions.dropFirst().reduce(1, *)
    var at = data.startIndex
    func half() -> Float {
      defer { at += 2 }
      return Float(Float16(bitPattern: UInt16(data[at]) | UInt16(data[at + 1]) << 8))
    }
    return (0..<count).map { _ in
      guard tensor.type == 3 else {
        return (0..<width).map { _ in
          defer { at += 4 }
          return Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[at + $1]) << UInt32(8 * $1) })
        }
      }
      return (0..<width / 32).flatMap { _ -> [Float] in
        let scale = half(), offset = half()
        defer { at += 16 }
        let low = (0..<16).map { Float(data[at + $0] & 15) }, high = (0..<16).map { Float(data[at + $0] >> 4) }
        return (low + high).map { $0 * scale + offset }
      }
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
