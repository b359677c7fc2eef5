// Everything before the sections: superblock, tables and names, Formats/skyq.md §3 to §6 and §9.
import Storage
import Tensors

/// The front of a file as records. `checked()` turns it into sections and tensors that need no further checks.
struct Front {
  var superblock: Superblock
  var sections: [SectionEntry]
  var tensors: TensorTable
  var names: [UInt8]

  /// Tables and names, the bytes under the index digest.
  func encodedIndex() -> [UInt8] {
    sections.flatMap { $0.encoded() } + tensors.bytes + names
  }
}

extension Front {
  /// Parses the tables and names. `head` is the superblock's 4,096 bytes; `read` appends the bytes of a range of the file
  /// to an array and is called for each byte once.
  /// - Throws: E012 and E013.
  init(superblock: Superblock, head: [UInt8], read: (Range<Int>, inout [UInt8]) -> Void) throws(SkyqError) {
    self.superblock = superblock
    (sections, tensors, names) = ([], TensorTable(), [])
    var digest = SHA256Hasher()
    let tensorTable = Int(superblock.tensorTableOffset)..<Int(superblock.namesOffset)
    var sectionTable: [UInt8] = []
    digest.update(SkyqLimits.superblockSize..<tensorTable.lowerBound, of: read, into: &sectionTable)
    digest.update(tensorTable, of: read, into: &tensors.bytes)
    digest.update(tensorTable.upperBound..<Int(superblock.frontSize), of: read, into: &names)
    guard digest.finalize() == superblock.indexDigest else {
      throw SkyqError(.indexDigest, "the tables are damaged: their digest differs", offset: SkyqLimits.superblockSize)
    }
    do throws(StorageError) {
      var record = unsafe ByteReader(sectionTable.span.bytes)
      while record.remaining > 0 { sections.append(try SectionEntry(reading: &record)) }
    } catch {
      throw SkyqError(.frontLayout, "the tables are too short: \(error)")
    }
    try checkReservedBytes(head: head)
  }

  /// E013.
  private func checkReservedBytes(head: [UInt8]) throws(SkyqError) {
    guard superblock.reservesKnownBytes else { return }
    guard Superblock.reservedBytesAreZero(in: head) else {
      throw SkyqError(.reservedBytes, "reserved bytes of the superblock must be zero")
    }
    if let index = sections.firstIndex(where: { !$0.reservedIsZero }) {
      throw SkyqError(.reservedBytes, "reserved bytes must be zero", part: .sectionEntry(index))
    }
    if let index = tensors.indices.first(where: { !tensors.reservedIsZero(at: $0) }) {
      throw SkyqError(.reservedBytes, "reserved bytes must be zero", part: .tensorEntry(index))
    }
  }

  /// Content, once every rule that the front alone can show has been checked.
  /// - Throws: E014 to E029.
  func checked() throws(SkyqError) -> SkyqContents {
    let contents = try contents()
    guard contents.id == superblock.contentID else {
      throw SkyqError(.contentID, "the content id is not that of sections and tensors", offset: 0xA0)
    }
    return contents
  }

  /// Content, all but its id checked.
  /// - Throws: E014 to E028.
  func contents() throws(SkyqError) -> SkyqContents {
    var names = FrontNames(self.names)
    var sectionNames: [String] = []
    for (index, entry) in sections.enumerated() {
      let name = try names.section(entry, index: index)
      try entry.check(part: .section(entry, name))
      sectionNames.append(name)
    }
    let tensorNames = try names.tensors(tensors)
    try names.finish()
    let sections = try placedSections(names: sectionNames)
    try checkTensors(names: tensorNames)
    try checkParameterCount()
    let id = ContentID.compute(sections: sections, tensors: tensors, names: tensorNames)
    return SkyqContents(
      header: SkyqHeader(superblock, id: id), sections: sections,
      tensors: SkyqTensorList(tensors, names: tensorNames), id: id)
  }

  /// E021.
  private func placedSections(names: [String]) throws(SkyqError) -> [SkyqSection] {
    var placement = Placement(from: Int(superblock.frontSize), alignment: SkyqLimits.sectionAlignment)
    var placed: [SkyqSection] = []
    for (entry, name) in zip(sections, names) {
      guard let offset = placement.place(entry.storedSize), offset == entry.offset else {
        throw SkyqError(
          .sectionPlacement, "must follow what lies before it, found at \(entry.offset)", part: .section(entry, name))
      }
      placed.append(SkyqSection(entry, name: name, offset: offset))
    }
    let dataOffset = placement.end.alignedUp(to: superblock.alignment)
    guard let dataOffset, dataOffset == superblock.dataOffset, superblock.dataOffset <= superblock.fileSize else {
      throw SkyqError(
        .sectionPlacement,
        "the data must start at the next multiple of \(superblock.alignment) after \(placement.end),"
          + " found \(superblock.dataOffset)", offset: 0x60)
    }
    return placed
  }

  /// E022 to E027.
  private func checkTensors(names: NameTable) throws(SkyqError) {
    var placement = Placement(from: Int(superblock.dataOffset), alignment: superblock.alignment)
    for index in tensors.indices {
      do {
        try tensors[index].check(&placement)
      } catch {
        throw error.about(.tensor(names[index]))
      }
    }
    let end = placement.end.alignedUp(to: superblock.alignment)
    guard superblock.dataEnd == placement.end, let end, end == superblock.fileSize else {
      throw SkyqError(
        .dataEnd,
        "the last plane ends at \(placement.end), but the superblock says \(superblock.dataEnd) and the file "
          + "has \(superblock.fileSize) bytes", offset: 0x68)
    }
  }

  /// E028, once the element counts are known to be right.
  private func checkParameterCount() throws(SkyqError) {
    var total: UInt64 = 0
    for index in tensors.indices {
      let (sum, overflow) = total.addingReportingOverflow(tensors[index].elementCount)
      guard !overflow else { throw SkyqError(.parameterCount, "the tensors have more than 2^64 elements") }
      total = sum
    }
    guard total == superblock.parameterCount, total <= Int.max else {
      throw SkyqError(
        .parameterCount, "the tensors have \(total) elements, the superblock says \(superblock.parameterCount)",
        offset: 0x78)
    }
  }
}

extension SHA256Hasher {
  /// Has `read` append the bytes of `range` to `bytes`, and hashes them while they are in the processor's cache.
  fileprivate mutating func update(
    _ range: Range<Int>, of read: (Range<Int>, inout [UInt8]) -> Void, into bytes: inout [UInt8]
  ) {
    let pieceSize = 1 << 18
    bytes.reserveCapacity(range.count)  // `checkFront` has bounded it by the bytes of the file
    for start in stride(from: range.lowerBound, to: range.upperBound, by: pieceSize) {
      let first = bytes.count
      read(start..<min(start + pieceSize, range.upperBound), &bytes)
      update(unsafe bytes.span.bytes.extracting(droppingFirst: first))
    }
  }
}
