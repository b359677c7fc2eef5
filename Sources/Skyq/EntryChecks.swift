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
  /// The tensor, whose planes are the next that `placement` gives.
  /// - Throws: E022 to E026.
  func checked(name: String, placement: inout Placement) throws(SkyqError) -> SkyqTensor {
    let shape = try checkedShape()
    let encoding = SkyqEncoding(code: encoding)
    try checkPlaneSizes(try encoding.planes(of: shape, groupSize: Int(groupSize)))
    var placed = SkyqPlanes()
    for index in 0..<Int(planeCount) {  // at most 4: `checkPlaneSizes`
      let plane = planes[index]
      guard let offset = placement.place(plane.size), offset == plane.offset, let size = Int(exactly: plane.size)
      else {
        throw SkyqError(
          .planePlacement,
          "plane \(index) must follow what lies before it, found \(plane.size) bytes at "
            + "\(plane.offset)")
      }
      placed.append(SkyqPlane(offset: offset, size: size, xxh3: plane.xxh3))
    }
    return SkyqTensor(
      name: name, encoding: encoding, shape: shape, groupSize: Int(groupSize), planes: placed, sha256: sha256)
  }

  /// E022 and E023.
  private func checkedShape() throws(SkyqError) -> Shape {
    guard rank <= SkyqLimits.rank,
      dimensions.indices.allSatisfy({ dimensions[$0] < ($0 < rank ? SkyqLimits.dimension : 1) })
    else {
      let all = dimensions.indices.map { dimensions[$0] }
      throw SkyqError(.dimensions, "rank \(rank) with dimensions \(all) is out of range")
    }
    let used = (0..<Int(rank)).map { Int(dimensions[$0]) }
    var product: UInt64 = 1
    for dimension in used where dimension != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: UInt64(dimension))
      guard !overflow, next < SkyqLimits.elementCount else {
        throw SkyqError(.elementCount, "dimensions \(used) give too many elements")
      }
      product = next
    }
    let count = used.contains(0) ? 0 : product
    guard count == elementCount, let shape = Shape(checking: used) else {
      throw SkyqError(.elementCount, "dimensions \(used) give \(count) elements, the entry says \(elementCount)")
    }
    return shape
  }

  /// E025.
  private func checkPlaneSizes(_ expected: [(dtype: DType, shape: Shape)]?) throws(SkyqError) {
    guard (1...SkyqLimits.planeCount).contains(Int(planeCount)),
      (Int(planeCount)..<SkyqLimits.planeCount).allSatisfy({ planes[$0] == Plane() })
    else {
      throw SkyqError(.planeSize, "\(planeCount) planes, or an unused plane that is not zero")
    }
    guard let expected else { return }
    func byteCount(_ plane: (dtype: DType, shape: Shape)) -> UInt64 {
      UInt64(plane.shape.elementCount * plane.dtype.byteWidth)
    }
    guard expected.count == Int(planeCount),
      expected.indices.allSatisfy({ planes[$0].size == byteCount(expected[$0]) })
    else {
      let found = (0..<Int(planeCount)).map { planes[$0].size }
      throw SkyqError(.planeSize, "the planes must have \(expected.map(byteCount)) bytes, found \(found)")
    }
  }
}
