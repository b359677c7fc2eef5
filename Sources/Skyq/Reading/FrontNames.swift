// The names of a front, checked and taken out of the names region, Formats/skyq.md §5.
import Tensors

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
    let raw = bytes[try next(offset: entry.nameOffset, length: Int(entry.nameLength), part: part)]
    let name = String(decoding: raw, as: UTF8.self)
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

  /// The names of all tensors, which follow those of the sections.
  /// - Throws: E014 to E016, for the first tensor that breaks one of them.
  mutating func tensors(_ entries: TensorTable) throws(SkyqError) -> NameTable {
    var borders = [UInt32(end)]
    borders.reserveCapacity(entries.count + 1)
    var failure: SkyqError?
    for index in entries.indices {
      do throws(SkyqError) {
        let entry = entries[index]
        _ = try next(offset: entry.nameOffset, length: Int(entry.nameLength), part: .tensorEntry(index))
        borders.append(UInt32(end))
      } catch {
        failure = error
        break
      }
    }
    let table = NameTable(bytes, borders: borders)
    if let repetition = table.firstRepetition {  // it lies before the tensor that failed
      throw SkyqError(.duplicateName, "a second tensor of this name", part: .tensor(table[repetition]))
    }
    if let failure { throw failure }
    return table
  }

  /// Checks that no byte of the region is left.
  /// - Throws: E014.
  func finish() throws(SkyqError) {
    guard end == bytes.count else {
      throw SkyqError(.namePlacement, "the names end at \(end) of \(bytes.count) bytes")
    }
  }

  /// Where the next name lies, which must be where the one before ends.
  /// - Throws: E014 and E015.
  private mutating func next(offset: UInt32, length: Int, part: SkyqPart) throws(SkyqError) -> Range<Int> {
    guard offset == end, length <= bytes.count - end else {
      throw SkyqError(
        .namePlacement,
        "the name must follow the one before at \(end) and end inside the \(bytes.count) bytes of "
          + "names, found \(length) bytes at \(offset)", part: part)
    }
    let range = end..<end + length
    guard SkyqName.isName(bytes.span.extracting(range)) else {
      throw SkyqError(
        .nameBytes,
        "a name must be 1 to \(SkyqLimits.nameLength) bytes of UTF-8 without control and direction "
          + "characters", part: part)
    }
    end = range.upperBound
    return range
  }
}

extension SkyqPart {
  static func section(_ entry: SectionEntry, _ name: String) -> SkyqPart {
    .section(type: String(decoding: entry.type, as: UTF8.self), name: name)
  }
}
