// What a GGUF file of version 3 will hold: key-values, then the table of tensors, then their data. Names, order and
// offsets are fixed before the first byte of data exists.
internal import Tensors

/// Everything of a GGUF file but its data. The same key-values and tensors always give the same bytes.
public struct GGUFPlan: Sendable {
  /// The tensors in the order of their data.
  public let tensors: [GGUFTensor]
  /// Size of the file.
  public let fileByteCount: Int
  /// Bytes of each tensor, without padding.
  let byteCounts: [Int]
  /// All bytes before the data.
  let head: [UInt8]

  private static let alignment = 32
  private static let version: UInt32 = 3

  /// Plans a file that holds `tensors` in this order, with `general.alignment` among the key-values.
  /// - Throws: `GGUFError` for a tensor that the format cannot hold.
  public init(metadata: [(key: String, value: GGUFValue)], tensors: [GGUFTensor]) throws(GGUFError) {
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw .unwritable(tensor: tensor.name, reason: "two tensors have this name")
    }
    var byteCounts: [Int] = []
    for tensor in tensors { byteCounts.append(try Self.byteCount(of: tensor)) }
    var head = Array("GGUF".utf8)
    head.append(littleEndian: Self.version)
    head.append(littleEndian: UInt64(tensors.count))
    head.append(littleEndian: UInt64(metadata.count + 1))
    for (key, value) in metadata + [("general.alignment", .uint32(UInt32(Self.alignment)))] {
      head.append(gguf: key)
      value.encode(into: &head)
    }
    var offset = 0
    for (tensor, byteCount) in zip(tensors, byteCounts) {
      head.append(gguf: tensor.name)
      head.append(littleEndian: UInt32(tensor.shape.rank))
      for dimension in tensor.shape.dimensions.reversed() { head.append(littleEndian: UInt64(dimension)) }
      head.append(littleEndian: tensor.type.rawValue)
      head.append(littleEndian: UInt64(offset))
      offset += byteCount + Self.padding(after: byteCount)
    }
    head += [UInt8](repeating: 0, count: Self.padding(after: head.count))
    self.tensors = tensors
    self.byteCounts = byteCounts
    self.head = head
    fileByteCount = head.count + offset
  }

  /// Zeros up to the next multiple of the alignment.
  static func padding(after count: Int) -> Int { (alignment - count % alignment) % alignment }

  private static func byteCount(of tensor: GGUFTensor) throws(GGUFError) -> Int {
    guard tensor.name.utf8.count < 64, tensor.shape.rank <= 4 else {
      throw .unwritable(tensor: tensor.name, reason: "names have at most 63 bytes, shapes at most 4 dimensions")
    }
    guard let byteCount = tensor.type.byteCount(of: tensor.shape) else {
      throw .unwritable(
        tensor: tensor.name, reason: "rows of \(tensor.shape) are not whole blocks of \(tensor.type.blockSize)")
    }
    return byteCount
  }
}
