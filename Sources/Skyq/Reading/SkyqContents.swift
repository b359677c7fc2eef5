// What a .skyq file holds, as its front states it after every check. There may be a million tensors: each is
// made when it is asked for, and holds its planes in place.
public import Storage
public import Tensors

/// A tensor of a file. Its place, sizes and shape have been checked; its bytes have not been read.
public struct SkyqTensor: Sendable, Hashable {
  /// Dotted path, as in the checkpoint.
  public let name: String
  public let encoding: SkyqEncoding
  /// Extents, outermost first; of an int4 matrix the logical `[out, in]`.
  public let shape: Shape
  /// Input features that share a scale; 0 for a plain encoding.
  public let groupSize: Int
  /// The planes in file order: one for a plain encoding; codes, scales, zeros for int4.
  public let planes: SkyqPlanes
  /// SHA-256 of the planes' bytes in order.
  public let sha256: SHA256Digest

  /// Bytes of all planes, without padding.
  public var byteCount: Int { planes.reduce(0) { $0 + $1.size } }
}

/// A section of a file. Its place has been checked; its bytes have not been read.
public struct SkyqSection: Sendable, Hashable {
  /// Four characters, such as `META`.
  public let type: String
  /// Name within its type.
  public let name: String
  /// Offset of the first stored byte.
  public let offset: Int
  /// Bytes in the file.
  public let storedSize: Int
  /// Bytes when uncompressed.
  public let size: Int
  /// Whether the stored bytes are a zstd frame.
  public let isCompressed: Bool
  /// XXH3-64 of the stored bytes.
  public let xxh3: UInt64
  /// SHA-256 of the uncompressed bytes.
  public let sha256: SHA256Digest

  /// The type, if this version knows it.
  public var knownType: SkyqSectionType? { SkyqSectionType(rawValue: type) }
  var part: SkyqPart { .section(type: type, name: name) }
}

/// Numbers of a whole file.
public struct SkyqHeader: Sendable, Hashable {
  public let majorVersion: Int
  public let minorVersion: Int
  /// Bytes of the file.
  public let fileSize: Int
  /// Bytes of superblock, tables and names.
  public let frontSize: Int
  /// Offset of the first plane.
  public let dataOffset: Int
  /// Alignment of planes in bytes.
  public let alignment: Int
  /// Sum of the tensors' element counts.
  public let parameterCount: Int
  /// Identity of what the model computes, 64 hexadecimal digits, Formats/skyq.md §8.
  public let contentID: String
}

/// Header, sections and tensors of a file that passed every check of its front.
struct SkyqContents {
  let header: SkyqHeader
  let sections: [SkyqSection]
  let tensors: SkyqTensorList
  /// Computed, not read.
  let id: SHA256Digest
}

extension SkyqHeader {
  /// The numbers of a superblock that has been checked against the tables.
  init(_ superblock: Superblock, id: SHA256Digest) {
    self.init(
      majorVersion: Int(superblock.major), minorVersion: Int(superblock.minor), fileSize: Int(superblock.fileSize),
      frontSize: Int(superblock.frontSize), dataOffset: Int(superblock.dataOffset), alignment: superblock.alignment,
      parameterCount: Int(superblock.parameterCount),
      contentID: id.description)
  }
}

/// Where the bytes of a plane lie, and their XXH3.
public struct SkyqPlane: Sendable, Hashable {
  /// Offset of the first byte in the file.
  public let offset: Int
  /// Number of bytes.
  public let size: Int
  /// XXH3-64 of the bytes, seed 0.
  public let xxh3: UInt64
}

/// The planes of a tensor in file order, at most four.
public struct SkyqPlanes: Sendable, RandomAccessCollection {
  private var storage = InlineArray<4, SkyqPlane>(repeating: SkyqPlane(offset: 0, size: 0, xxh3: 0))
  public private(set) var endIndex = 0
  public var startIndex: Int { 0 }

  init() {}

  /// There must be room: not more than four are appended.
  mutating func append(_ plane: SkyqPlane) {
    storage[endIndex] = plane
    endIndex += 1
  }

  /// The plane at `index`, which must be below `count`.
  public subscript(index: Int) -> SkyqPlane {
    precondition(indices.contains(index), "no such plane")
    return storage[index]
  }
}

extension SkyqPlanes: Hashable {
  public static func == (left: SkyqPlanes, right: SkyqPlanes) -> Bool { left.elementsEqual(right) }

  public func hash(into hasher: inout Hasher) {
    for plane in self { hasher.combine(plane) }
  }
}

/// The tensors of a file in file order. All have been checked.
public struct SkyqTensorList: Sendable, RandomAccessCollection {
  private let table: TensorTable
  private let names: NameTable

  /// Entries that have been checked, and their names.
  init(_ table: TensorTable, names: NameTable) {
    self.table = table
    self.names = names
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { table.count }

  /// The tensor at `index`, which must be below `count`.
  public subscript(index: Int) -> SkyqTensor { SkyqTensor(table[index], name: names[index]) }

  /// The tensor `name`, or nil if there is none.
  func tensor(named name: String) -> SkyqTensor? { names.position(of: name).map { self[$0] } }
}
