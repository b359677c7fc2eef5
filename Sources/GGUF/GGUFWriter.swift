// Writing a GGUF file, version 3: key-values, then the table of tensors, then their data.
public import Storage
internal import Tensors

/// Writes a GGUF file, tensor by tensor in the order of its table. Nothing has the final name before `finish()`.
public struct GGUFWriter: ~Copyable {
  private static let alignment = 32
  private static let version: UInt32 = 3

  private let tensors: [GGUFTensor]
  private let byteCounts: [Int]
  private var file: AtomicFileWriter
  private var index = 0
  private var written = 0

  /// Writes everything that comes before the data, with `general.alignment` among the key-values.
  /// - Throws: `GGUFError` for a tensor that the format cannot hold, `StorageError`.
  public init(
    metadata: [(key: String, value: GGUFValue)], tensors: [GGUFTensor], to file: consuming AtomicFileWriter
  ) throws {
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw GGUFError.unwritable(tensor: tensor.name, reason: "two tensors have this name")
    }
    let byteCounts = try tensors.map { try GGUFWriter.byteCount(of: $0) }
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
      offset += GGUFWriter.padded(byteCount)
    }
    head += [UInt8](repeating: 0, count: GGUFWriter.padded(head.count) - head.count)
    var begun = file
    try begun.reserve(head.count + offset)
    try begun.append(head)
    self.tensors = tensors
    self.byteCounts = byteCounts
    self.file = begun
  }

  /// Appends bytes of the current tensor; when it is full the next one begins.
  public mutating func append(_ bytes: RawSpan) throws(StorageError) {
    guard bytes.byteCount > 0 else { return }
    precondition(index < tensors.count && written + bytes.byteCount <= byteCounts[index], "more bytes than announced")
    try file.append(bytes)
    written += bytes.byteCount
    while index < tensors.count, written == byteCounts[index] {
      try file.append([UInt8](repeating: 0, count: GGUFWriter.padded(written) - written))
      index += 1
      written = 0
    }
  }

  /// Gives the file its name. All tensors must have been written.
  /// - Returns: The bytes of the file.
  public consuming func finish() throws(StorageError) -> Int {
    precondition(index == tensors.count, "all tensors must be written before the file gets its name")
    let byteCount = file.byteCount
    try file.commit()
    return byteCount
  }

  private static func byteCount(of tensor: GGUFTensor) throws(GGUFError) -> Int {
    guard tensor.name.utf8.count < 64, tensor.shape.rank <= 4 else {
      throw .unwritable(tensor: tensor.name, reason: "names have at most 63 bytes, shapes at most 4 dimensions")
    }
    guard let byteCount = tensor.type.byteCount(of: tensor.shape) else {
      throw .unwritable(tensor: tensor.name, reason: "rows of \(tensor.shape) are not whole blocks of 32")
    }
    return byteCount
  }

  private static func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
