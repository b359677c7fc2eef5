// Everything before the sections: superblock, tables and names, Formats/skyq.md §3 to §6 and §9.
import Storage
import Tensors

/// The front of a file as records. `checked()` turns it into sections and tensors that need no further checks.
struct Front {
  var superblock: Superblock
  var sections: [SectionEntry]
  var tensors: [TensorEntry]
  var names: [UInt8]

  /// Tables and names, the bytes under the index digest.
  func encodedIndex() -> [UInt8] {
    sections.flatMap { $0.encoded() } + tensors.flatMap { $0.encoded() } + names
  }
}

extension Front {
  /// Parses `index`, the bytes from 4,096 up to the end of the front. `head` is the superblock's 4,096 bytes.
  /// - Throws: E012 and E013.
  init(superblock: Superblock, head: [UInt8], index: [UInt8]) throws(SkyqError) {
    guard SHA256Hasher.hash(index).bytes == superblock.indexDigest else {
      throw SkyqError(.indexDigest, "the tables are damaged: their digest differs", offset: SkyqLimits.superblockSize)
    }
    self.superblock = superblock
    sections = []
    tensors = []
    do throws(StorageError) {
      var record = unsafe ByteReader(index.span.bytes)
      tensors.reserveCapacity(Int(superblock.tensorCount))  // `checkFront` has bounded it by the bytes of the file
      for _ in 0..<superblock.sectionCount { sections.append(try SectionEntry(reading: &record)) }
      for _ in 0..<superblock.tensorCount { tensors.append(try TensorEntry(reading: &record)) }
      names = try record.readArray(record.remaining)
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
    if let index = tensors.firstIndex(where: { !$0.reservedIsZero }) {
      throw SkyqError(.reservedBytes, "reserved bytes must be zero", part: .tensorEntry(index))
    }
  }

  /// Content, once every rule that the front alone can show has been checked.
  /// - Throws: E014 to E029.
  func checked() throws(SkyqError) -> SkyqContents {
    let contents = try contents()
    guard contents.id.bytes == superblock.contentID else {
      throw SkyqError(.contentID, "the content id is not that of sections and tensors", offset: 0xA0)
    }
    return contents
  }

  /// Content, all but its id checked.
  /// - Throws: E014 to E028.
  func contents() throws(SkyqError) -> SkyqContents {
    var names = FrontNames(self.names[...], tensorCount: tensors.count)
    var sectionNames: [String] = []
    for (index, entry) in sections.enumerated() {
      let name = try names.section(entry, index: index)
      try entry.check(part: .section(entry, name))
      sectionNames.append(name)
    }
    var tensorNames: [String] = []
    tensorNames.reserveCapacity(tensors.count)
    for index in tensors.indices {  // not `for entry in`: a million entries would be copied
      tensorNames.append(try names.tensor(at: tensors[index].nameOffset, tensors[index].nameLength, index: index))
    }
    try names.finish()
    let sections = try placedSections(names: sectionNames)
    let tensors = try placedTensors(names: tensorNames)
    try checkParameterCount(tensors)
    let id = ContentID.compute(sections: sections, tensors: tensors)
    return SkyqContents(
      header: SkyqHeader(superblock, id: id), sections: sections, tensors: tensors,
      tensorIndices: names.tensorIndices, id: id)
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
  private func placedTensors(names: [String]) throws(SkyqError) -> [SkyqTensor] {
    var placement = Placement(from: Int(superblock.dataOffset), alignment: superblock.alignment)
    var placed: [SkyqTensor] = []
    placed.reserveCapacity(tensors.count)
    for index in tensors.indices {
      do {
        placed.append(try tensors[index].checked(name: names[index], placement: &placement))
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
    return placed
  }

  /// E028.
  private func checkParameterCount(_ tensors: [SkyqTensor]) throws(SkyqError) {
    var total: UInt64 = 0
    for index in tensors.indices {
      let (sum, overflow) = total.addingReportingOverflow(UInt64(tensors[index].shape.elementCount))
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
