// What one entry of a table must satisfy by itself, Formats/skyq.md §4 and §6.
import Tensors

extension SectionEntry {
  /// Checks flags, type and sizes.
  /// - Throws: E018 to E020.
  func check(part: SkyqPart) throws(SkyqError) {
    guard type.allSatisfy(Self.isTypeCharacter) else {
      throw SkyqError(.sectionFlags, "a type must be four characters of A…Z and 0…9", part: part)
    }
    guard flags & ~(Self.criticalFlag | Self.zstdFlag) == 0 else {
      throw SkyqError(.sectionFlags, "unknown flags 0x\(String(flags, radix: 16))", part: part)
    }
    let isKnown = SkyqSectionType(rawValue: String(decoding: type, as: UTF8.self)) != nil
    guard isKnown || flags & Self.criticalFlag == 0 else {
      throw SkyqError(.unknownCriticalSection, "needs a newer reader", part: part)
    }
    let limit = UInt64(SkyqLimits.sectionSize)
    guard storedSize <= limit, size <= limit else {
      throw SkyqError(
        .sectionSize, "\(storedSize) stored bytes of \(size), at most \(limit) are allowed", part: part)
    }
    guard flags & Self.zstdFlag != 0 || storedSize == size else {
      throw SkyqError(.sectionSize, "not compressed, but \(storedSize) bytes are stored for \(size)", part: part)
    }
  }

  private static func isTypeCharacter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension SkyqSection {
  /// The section of an entry that has been checked.
  init(_ entry: SectionEntry, name: String, offset: Int) {
    self.init(
      type: String(decoding: entry.type, as: UTF8.self), name: name, offset: offset,
      storedSize: Int(entry.storedSize), size: Int(entry.size),
      isCompressed: entry.flags & SectionEntry.zstdFlag != 0, xxh3: entry.xxh3, sha256: entry.sha256)
  }
}

extension TensorEntry {
  /// Checks that the entry is right by itself, and that its planes are the next that `placement` gives. Allocates
  /// nothing unless something is wrong.
  /// - Throws: E022 to E026.
  func check(_ placement: inout Placement) throws(SkyqError) {
    try checkShape()
    try checkPlaneSizes()
    for index in 0..<Int(planeCount) {  // at most 4: `checkPlaneSizes`
      let plane = planes[index]
      guard let offset = placement.place(plane.size), offset == plane.offset else {
        throw SkyqError(
          .planePlacement,
          "plane \(index) must follow what lies before it, found \(plane.size) bytes at "
            + "\(plane.offset)")
      }
    }
  }

  /// E022 and E023.
  private func checkShape() throws(SkyqError) {
    guard rank <= SkyqLimits.rank,
      dimensions.indices.allSatisfy({ dimensions[$0] < ($0 < rank ? SkyqLimits.dimension : 1) })
    else {
      let all = dimensions.indices.map { dimensions[$0] }
      throw SkyqError(.dimensions, "rank \(rank) with dimensions \(all) is out of range")
    }
    var product: UInt64 = 1
    var isEmpty = false
    for axis in 0..<Int(rank) {
      guard dimensions[axis] != 0 else {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: dimensions[axis])
      guard !overflow, next < SkyqLimits.elementCount else {
        throw SkyqError(.elementCount, "dimensions \(used) give too many elements")
      }
      product = next
    }
    let count = isEmpty ? 0 : product
    guard count == elementCount else {
      throw SkyqError(.elementCount, "dimensions \(used) give \(count) elements, the entry says \(elementCount)")
    }
  }

  /// E024 and E025.
  private func checkPlaneSizes() throws(SkyqError) {
    let expected = try expectedPlaneSizes()
    guard (1...SkyqLimits.planeCount).contains(Int(planeCount)),
      (Int(planeCount)..<SkyqLimits.planeCount).allSatisfy({ planes[$0] == Plane() })
    else {
      throw SkyqError(.planeSize, "\(planeCount) planes, or an unused plane that is not zero")
    }
    guard let expected else { return }
    guard expected.count == Int(planeCount), (0..<expected.count).allSatisfy({ planes[$0].size == expected.sizes[$0] })
    else {
      let (wanted, found) = (
        (0..<expected.count).map { expected.sizes[$0] }, (0..<Int(planeCount)).map { planes[$0].size }
      )
      throw SkyqError(.planeSize, "the planes must have \(wanted) bytes, found \(found)")
    }
  }

  /// The bytes of each plane; nil for an unknown encoding.
  /// - Throws: E024.
  private func expectedPlaneSizes() throws(SkyqError) -> (count: Int, sizes: InlineArray<4, UInt64>)? {
    let encoding = SkyqEncoding(code: encoding)
    if case .unknown = encoding { return nil }
    if let dtype = encoding.dtype {
      try encoding.requireNoGroups(Int(groupSize))
      return (1, [elementCount * UInt64(dtype.byteWidth), 0, 0, 0])
    }
    let planes = try encoding.matrixPlanes(
      of: shape, rank: Int(rank), rows: Int(dimensions[0]), columns: Int(dimensions[1]), groupSize: Int(groupSize))
    return (3, [UInt64(planes[0].byteCount), UInt64(planes[1].byteCount), UInt64(planes[2].byteCount), 0])
  }

  /// The dimensions that are used. Their product may overflow before `checkShape`.
  private var used: [Int] { (0..<Int(rank)).map { Int(dimensions[$0]) } }
  fileprivate var shape: Shape { Shape(used) }
}

extension SkyqTensor {
  /// The tensor of an entry that has been checked.
  init(_ entry: TensorEntry, name: String) {
    var planes = SkyqPlanes()
    for index in 0..<Int(entry.planeCount) {
      let plane = entry.planes[index]
      planes.append(SkyqPlane(offset: Int(plane.offset), size: Int(plane.size), xxh3: plane.xxh3))
    }
    self.init(
      name: name, encoding: SkyqEncoding(code: entry.encoding), shape: entry.shape, groupSize: Int(entry.groupSize),
      planes: planes, sha256: entry.sha256)
  }
}
