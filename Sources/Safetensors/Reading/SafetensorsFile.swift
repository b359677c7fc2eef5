// One safetensors file, mapped: the header is checked when it is opened, tensors are views into the mapping.
public import Storage
public import Tensors

/// A mapped safetensors file.
///
/// ```swift
/// let file = try SafetensorsFile(path: "model-00001-of-00004.safetensors")
/// let weight = try file.tensor("language_model.lm_head.weight")  // dtype, shape, bytes; no copy
/// ```
public struct SafetensorsFile: Sendable {
  public var path: String { mapping.path }
  public let header: SafetensorsHeader
  public let mapping: MappedFile
  /// Offset of the data in the file. Not aligned to anything: use unaligned loads.
  public let dataOffset: Int

  /// Opens the file `path`, which is the user's own word: links are followed.
  /// - Throws: `StorageError`, `SafetensorsError`.
  public init(path: String) throws { try self.init(MappedFile(path: path)) }

  /// Reads and checks the header of a mapped file.
  /// - Throws: `SafetensorsError`.
  public init(_ mapping: MappedFile) throws(SafetensorsError) {
    do throws(SafetensorsError.Reason) {
      let parsed = mapping.withBytes { file in
        Result { () throws(SafetensorsError.Reason) in try SafetensorsFile.readHeader(file) }
      }
      (header, dataOffset) = try parsed.get()
    } catch {
      throw SafetensorsError(path: mapping.path, reason: error)
    }
    self.mapping = mapping
  }

  /// Name, dtype and shape of all tensors in the order of their data.
  public var tensors: [TensorInfo] { header.entries.map(\.info) }

  /// The tensor `name`, not copied.
  /// - Throws: `SafetensorsError` if there is none.
  public func tensor(_ name: String) throws(SafetensorsError) -> TensorView {
    guard let entry = header[name] else { throw SafetensorsError(path: path, reason: .checkpoint(.noSuchTensor(name))) }
    return TensorView(
      info: entry.info, storage: mapping, byteOffset: dataOffset + entry.byteRange.lowerBound)
  }

  /// The header and the offset of the data behind it.
  package static func readHeader(_ file: RawSpan) throws(SafetensorsError.Reason) -> (SafetensorsHeader, Int) {
    var reader = ByteReader(file)
    guard let length = try? reader.readUInt64() else { throw .noHeaderLength(fileByteCount: file.byteCount) }
    guard length <= UInt64(SafetensorsHeader.maximumByteCount) else { throw .headerTooLarge(byteCount: length) }
    let byteCount = Int(length)
    let available = reader.remaining
    guard byteCount <= available else { throw .headerBeyondFile(byteCount: byteCount, available: available) }
    let dataOffset = reader.offset + byteCount
    let header = try SafetensorsHeader(
      parsing: file.extracting(0..<dataOffset), from: reader.offset, dataByteCount: available - byteCount)
    return (header, dataOffset)
  }
}
