// What a file will hold, from which every offset in it follows before there is any data.
public import JSON
import Storage
public import Tensors

/// A tensor that will be written.
public struct SkyqTensorPlan: Sendable, Hashable {
  /// Dotted path, as in the checkpoint.
  public let name: String
  public let encoding: SkyqEncoding
  /// Extents, outermost first; of a matrix of codes the logical `[out, in]`.
  public let shape: Shape
  /// Input features that share a scale; 0 for a plain encoding.
  public let groupSize: Int

  public init(name: String, encoding: SkyqEncoding, shape: Shape, groupSize: Int = 0) {
    self.name = name
    self.encoding = encoding
    self.shape = shape
    self.groupSize = groupSize
  }

  /// The table entry, with sizes but no offsets and digests.
  /// - Throws: E015, E022 to E024, E038.
  func entry() throws(SkyqError) -> TensorEntry {
    guard (1...SkyqLimits.nameLength).contains(name.utf8.count) else {
      throw SkyqError(.nameBytes, "a name must have 1 to \(SkyqLimits.nameLength) bytes of UTF-8")
    }
    guard shape.rank <= SkyqLimits.rank else { throw SkyqError(.dimensions, "rank \(shape.rank) is out of range") }
    guard shape.elementCount < SkyqLimits.elementCount else {
      throw SkyqError(.elementCount, "\(shape) has too many elements")
    }
    guard let planes = try encoding.planes(of: shape, groupSize: groupSize) else {
      throw SkyqError(.unknownEncoding, "encoding \(encoding) cannot be written")
    }
    return TensorEntry(
      encoding: encoding.code, groupSize: groupSize, dimensions: shape.dimensions, elementCount: shape.elementCount,
      planeSizes: planes.map { $0.shape.elementCount * $0.dtype.byteWidth }, nameLength: name.utf8.count)
  }
}

/// A section that will be written.
public struct SkyqSectionContent: Sendable, Hashable {
  public let type: SkyqSectionType
  /// Name within its type.
  public let name: String
  /// Uncompressed bytes; the writer compresses them if that saves space.
  public let bytes: [UInt8]

  /// A section of JSON. `name` is needed for evaluations only.
  /// - Throws: E037 if `json` has no canonical spelling (write fractions as strings), or is not an object where `type`
  ///   demands one.
  public init(_ type: SkyqSectionType, named name: String? = nil, json: JSONValue) throws(SkyqError) {
    self.type = type
    self.name = name ?? type.fixedName ?? ""
    bytes = try CanonicalJSON.encode(json, for: type)
  }

  public init(file name: String, bytes: [UInt8]) {
    type = .file
    self.name = name
    self.bytes = bytes
  }

  /// The order of sections in a file: as the specification lists the types, then by name.
  static func precedes(_ left: SkyqSectionContent, _ right: SkyqSectionContent) -> Bool {
    left.type == right.type
      ? SkyqName.precedes(left.name, right.name)
      : SkyqSectionType.allCases.firstIndex(of: left.type) ?? 0 < SkyqSectionType.allCases.firstIndex(of: right.type)
        ?? 0
  }

  /// The table entry, with sizes and digests but no offset, and the bytes to store.
  /// - Throws: E015, E020.
  func stored() throws(SkyqError) -> (entry: SectionEntry, bytes: [UInt8]) {
    let part = SkyqPart.section(type: type.rawValue, name: name)
    guard (1...SkyqLimits.nameLength).contains(name.utf8.count) else {
      throw SkyqError(.nameBytes, "a name must have 1 to \(SkyqLimits.nameLength) bytes of UTF-8", part: part)
    }
    guard bytes.count <= SkyqLimits.sectionSize else {
      throw SkyqError(
        .sectionSize, "\(bytes.count) bytes, at most \(SkyqLimits.sectionSize) are allowed", part: part)
    }
    let frame = Zstd.compress(bytes)
    let isCompressed = frame.count < bytes.count
    let stored = isCompressed ? frame : bytes
    let entry = SectionEntry(
      type: Array(type.rawValue.utf8), flags: isCompressed ? SectionEntry.zstdFlag : 0, storedSize: stored.count,
      size: bytes.count, sha256: SHA256Hasher.hash(bytes), nameLength: name.utf8.count,
      xxh3: XXH3Hasher.hash(stored))
    return (entry, stored)
  }
}
