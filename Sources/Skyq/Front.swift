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
  /// Parses the tables and names. `head` is the superblock's 4,096 bytes; `copy` gives the bytes of a range of the file
  /// and is called for each byte once, so that a large table is never held as bytes.
  /// - Throws: E012 and E013.
  init(superblock: Superblock, head: [UInt8], copy: (Range<Int>) -> [UInt8]) throws(SkyqError) {
    self.superblock = superblock
    sections = []
    tensors = []
    tensors.reserveCapacity(Int(superblock.tensorCount))  // `checkFront` has bounded it by the bytes of the file
    var digest = SHA256Hasher()
    let tensorTable = Int(superblock.tensorTableOffset)..<Int(superblock.namesOffset)
    do throws(StorageError) {
      let table = copy(SkyqLimits.superblockSize..<tensorTable.lowerBound)
      digest.update(table)
      var record = unsafe ByteReader(table.span.bytes)
      while record.remaining > 0 { sections.append(try SectionEntry(reading: &record)) }
      for start in stride(from: tensorTable.lowerBound, to: tensorTable.upperBound, by: Self.pieceSize) {
        let piece = copy(start..<min(start + Self.pieceSize, tensorTable.upperBound))
        digest.update(piece)
        var record = unsafe ByteReader(piece.span.bytes)
        while record.remaining > 0 { tensors.append(try TensorEntry(reading: &record)) }
      }
    } catch {
      throw SkyqError(.frontLayout, "the tables are too short: \(error)")
    }
    names = copy(tensorTable.upperBound..<Int(superblock.frontSize))
    digest.update(names)
    guard digest.finalize() == superblock.indexDigest else {
      throw SkyqError(.indexDigest, "the tables are damaged: their digest differs", offset: SkyqLimits.superblockSize)
    }
    try checkReservedBytes(head: head)
  }

  /// Bytes of the tensor table that are parsed at a time.
  private static let pieceSize = 4_096 * SkyqLimits.tensorEntrySize

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
    let (tensorNames, table) = try names.tensors(tensors)
    try names.finish()
    let sections = try placedSections(names: sectionNames)
    let tensors = try placedTensors(names: tensorNames)
    try checkParameterCount(tensors)
    let id = ContentID.compute(sections: sections, tensors: tensors, order: table.order)
    return SkyqContents(
      header: SkyqHeader(superblock, id: id), sections: sections, tensors: tensors,
      tensorNames: table, id: id)
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
