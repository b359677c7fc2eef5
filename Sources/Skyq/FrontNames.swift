// The names of a front, checked and taken out of the names region, Formats/skyq.md §5.

/// Takes names in table order out of the names region: sections first, then tensors.
struct FrontNames {
  private let bytes: ArraySlice<UInt8>
  private var end = 0
  private var sectionNames: Set<[UInt8]> = []
  /// Index of each tensor that has been named.
  private(set) var tensorIndices: [ExactName: Int] = [:]

  /// `bytes` is the names region, with the names of `tensorCount` tensors.
  init(_ bytes: ArraySlice<UInt8>, tensorCount: Int) {
    self.bytes = bytes
    tensorIndices.reserveCapacity(tensorCount)
  }

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

  /// The name of the next tensor.
  /// - Throws: E014 to E016.
  mutating func tensor(at offset: UInt32, _ length: UInt16, index: Int) throws(SkyqError) -> String {
    let part = SkyqPart.tensorEntry(index)
    let raw = try next(offset: offset, length: Int(length), part: part)
    let name = try text(raw, part: part)
    guard tensorIndices.updateValue(index, forKey: ExactName(name)) == nil else {
      throw SkyqError(.duplicateName, "a second tensor of this name", part: .tensor(name))
    }
    return name
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
    let start = bytes.startIndex + end
    end += length
    return bytes[start..<start + length]
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
