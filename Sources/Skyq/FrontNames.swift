// The names of a front, checked and taken out of the names region, Formats/skyq.md §5.

/// Takes names in table order out of the names region: sections first, then tensors.
struct FrontNames {
  private let bytes: [UInt8]
  private var end = 0
  private var sectionNames: Set<[UInt8]> = []

  /// `bytes` is the names region.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The name of the next section.
  /// - Throws: E014 to E017.
  mutating func section(_ entry: SectionEntry, index: Int) throws(SkyqError) -> String {
    let part = SkyqPart.sectionEntry(index)
    let raw = try next(offset: entry.nameOffset, length: Int(entry.nameLength), part: part)
    let name = try text(raw, part: part)
    let type = SkyqSectionType(rawValue: String(decoding: entry.type, as: UTF8.self))
    let key = entry.type + (type == .file ? SkyqName.lowercasedASCII(raw) : Array(raw))
    guard sectionNames.insert(key).inserted else {
      throw SkyqError(.duplicateName, "a second section of this type and name", part: .section(entry, name))
    }
    if let fixed = type?.fixedName, name != fixed {
      throw SkyqError(.sectionName, "the name must be \"\(fixed)\"", part: .section(entry, name))
    }
    guard type != .file || SkyqName.isFileName(name) else {
      throw SkyqError(.sectionName, "not a plain file name", part: .section(entry, name))
    }
    return name
  }

  /// The names of all tensors, which follow those of the sections, and the table to find them by.
  /// - Throws: E014 to E016, for the first tensor that breaks one of them.
  mutating func tensors(_ entries: [TensorEntry]) throws(SkyqError) -> (names: [String], table: NameTable) {
    var names: [String] = []
    names.reserveCapacity(entries.count)
    var borders = [end]
    var failure: SkyqError?
    for index in entries.indices {  // not `for entry in`: a million entries would be copied
      do throws(SkyqError) {
        names.append(try tensor(at: entries[index].nameOffset, entries[index].nameLength, index: index))
        borders.append(end)
      } catch {
        failure = error
        break
      }
    }
    let table = NameTable(bytes, borders: borders)
    if let repetition = table.firstRepetition {  // it lies before the tensor that failed
      throw SkyqError(.duplicateName, "a second tensor of this name", part: .tensor(names[repetition]))
    }
    if let failure { throw failure }
    return (names, table)
  }

  private mutating func tensor(at offset: UInt32, _ length: UInt16, index: Int) throws(SkyqError) -> String {
    let part = SkyqPart.tensorEntry(index)
    return try text(try next(offset: offset, length: Int(length), part: part), part: part)
  }

  /// Checks that no byte of the region is left.
  /// - Throws: E014.
  func finish() throws(SkyqError) {
    guard end == bytes.count else {
      throw SkyqError(.namePlacement, "the names end at \(end) of \(bytes.count) bytes")
    }
  }

  private mutating func next(
    offset: UInt32, length: Int, part: SkyqPart
  ) throws(SkyqError) -> ArraySlice<UInt8> {
    guard offset == end, length <= bytes.count - end else {
      throw SkyqError(
        .namePlacement,
        "the name must follow the one before at \(end) and end inside the \(bytes.count) bytes of "
          + "names, found \(length) bytes at \(offset)", part: part)
    }
    let start = end
    end += length
    return bytes[start..<end]
  }

  private func text(_ raw: ArraySlice<UInt8>, part: SkyqPart) throws(SkyqError) -> String {
    guard let name = SkyqName.parse(raw) else {
      throw SkyqError(
        .nameBytes,
        "a name must be 1 to \(SkyqLimits.nameLength) bytes of UTF-8 without control and direction "
          + "characters", part: part)
    }
    return name
  }
}

extension SkyqPart {
  static func section(_ entry: SectionEntry, _ name: String) -> SkyqPart {
    .section(type: String(decoding: entry.type, as: UTF8.self), name: name)
  }
}
