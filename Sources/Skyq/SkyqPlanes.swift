// The planes of one tensor, held in place: a file may have a million tensors.

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
  /// Number of planes.
  public private(set) var endIndex = 0
  /// 0.
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
  /// Whether both have the same planes.
  public static func == (left: SkyqPlanes, right: SkyqPlanes) -> Bool { left.elementsEqual(right) }

  /// Hashes the planes.
  public func hash(into hasher: inout Hasher) {
    for plane in self { hasher.combine(plane) }
  }
}
