// From a plan to the front of a file: the writer's half of Formats/skyq.md §2 to §6.
import Storage

extension Front {
  /// The front of a file with these sections and tensors: everything but the digests that need the data.
  ///
  /// It has passed all checks of a reader: what a reader refuses is refused here.
  /// - Throws: E006 to E028.
  init(
    sections: [(content: SkyqSectionContent, entry: SectionEntry)], tensors: [SkyqTensorPlan], alignmentLog2: Int
  ) throws(SkyqError) {
    guard SkyqLimits.alignmentLog2.contains(alignmentLog2) else {
      throw SkyqError(.alignment, "align_log2 must be 12 to 16, found \(alignmentLog2)")
    }
    guard sections.count <= SkyqLimits.sectionCount, tensors.count <= SkyqLimits.tensorCount else {
      throw SkyqError(
        .tooManyEntries, "\(sections.count) sections and \(tensors.count) tensors are more than a file may have")
    }
    superblock = Superblock()
    superblock.alignmentLog2 = UInt8(alignmentLog2)
    superblock.minor = tensors.reduce(SkyqLimits.minor) { max($0, $1.encoding.minorVersion) }
    self.sections = []
    self.tensors = TensorTable()
    names = []
    for (content, entry) in sections {
      self.sections.append(entry)
      self.sections[self.sections.count - 1].nameOffset = UInt32(names.count)
      names += Array(content.name.utf8)
    }
    for plan in tensors {
      do throws(SkyqError) {
        var entry = try plan.entry()
        entry.nameOffset = UInt32(names.count)
        self.tensors.append(entry)
      } catch {
        throw error.about(.tensor(plan.name))
      }
      names += Array(plan.name.utf8)
    }
    try place()
    _ = try Superblock(parsing: superblock.encoded(), actualSize: Int(superblock.fileSize))
  }

  /// Fills in all offsets and sizes.
  private mutating func place() throws(SkyqError) {
    superblock.sectionCount = UInt32(sections.count)
    superblock.tensorCount = UInt32(tensors.count)
    let tableSize = sections.count * SkyqLimits.sectionEntrySize
    superblock.tensorTableOffset = superblock.sectionTableOffset + UInt64(tableSize)
    superblock.namesOffset = superblock.tensorTableOffset + UInt64(tensors.count * SkyqLimits.tensorEntrySize)
    superblock.namesSize = UInt64(names.count)
    superblock.frontSize = superblock.namesOffset + superblock.namesSize
    var placement = Placement(from: Int(superblock.frontSize), alignment: SkyqLimits.sectionAlignment)
    let tooLarge = SkyqError(.dataEnd, "the file would be larger than any file can be")
    for index in sections.indices {
      guard let offset = placement.place(sections[index].storedSize) else { throw tooLarge }
      sections[index].offset = UInt64(offset)
    }
    guard let dataOffset = placement.end.alignedUp(to: superblock.alignment) else { throw tooLarge }
    placement = Placement(from: dataOffset, alignment: superblock.alignment)
    for index in tensors.indices {
      for plane in 0..<Int(tensors[index].planeCount) {
        guard let offset = placement.place(tensors[index].planes[plane].size) else { throw tooLarge }
        tensors[index].planes[plane].offset = UInt64(offset)
      }
    }
    guard let fileSize = placement.end.alignedUp(to: superblock.alignment) else { throw tooLarge }
    superblock.dataOffset = UInt64(dataOffset)
    superblock.dataEnd = UInt64(placement.end)
    superblock.fileSize = UInt64(fileSize)
    // Cannot wrap: 2^20 tensors of fewer than 2^50 elements, and what they need together fits a file.
    superblock.parameterCount = tensors.indices.reduce(0) { $0 &+ tensors[$1].elementCount }
  }

  /// The front of a file that is not finished.
  func unsealedBytes() -> [UInt8] {
    var superblock = superblock
    superblock.magic = Superblock.unsealedMagic
    return superblock.encoded() + encodedIndex()
  }

  /// Fills in the digests of one tensor.
  mutating func setDigests(_ digests: TensorDigests, ofTensor index: Int) {
    tensors[index].sha256 = digests.sha256
    for (plane, xxh3) in digests.xxh3.enumerated() { tensors[index].planes[plane].xxh3 = xxh3 }
  }

  /// Fills in the digests of the front itself and returns what the file holds.
  /// - Throws: E014 to E028.
  mutating func seal() throws(SkyqError) -> SkyqContents {
    let contents = try contents()
    superblock.contentID = contents.id
    superblock.indexDigest = SHA256Hasher.hash(encodedIndex())
    return contents
  }
}

/// Digests of one tensor.
struct TensorDigests: Equatable {
  /// Of each plane.
  let xxh3: [UInt64]
  /// Of all planes in order.
  let sha256: SHA256Digest
}

/// A file before its planes.
struct PlannedFile {
  /// Complete but for the digests that need the data.
  let front: Front
  /// What the front says.
  let contents: SkyqContents
  /// The bytes before the first plane, unsealed.
  let head: [UInt8]

  /// - Throws: what a reader would refuse, but for what needs the data.
  init(tensors: [SkyqTensorPlan], sections: [SkyqSectionContent], alignmentLog2: Int) throws(SkyqError) {
    var entries: [(content: SkyqSectionContent, entry: SectionEntry)] = []
    var stored: [[UInt8]] = []
    for section in sections.sorted(by: SkyqSectionContent.precedes) {
      let (entry, bytes) = try section.stored()
      entries.append((section, entry))
      stored.append(bytes)
    }
    front = try Front(sections: entries, tensors: tensors, alignmentLog2: alignmentLog2)
    contents = try front.contents()
    var head = RecordWriter()
    head.append(front.unsealedBytes())
    for (section, bytes) in zip(contents.sections, stored) {
      head.pad(to: section.offset)
      head.append(bytes)
    }
    head.pad(to: contents.header.dataOffset)
    self.head = head.bytes
  }
}
