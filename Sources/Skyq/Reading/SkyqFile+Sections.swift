// The small parts of a .skyq file: metadata and embedded files. They are copied and proven whenever they are read.
public import JSON
public import Storage

extension SkyqFile {
  /// The section of this type and name, or nil if there is none.
  public func section(_ type: SkyqSectionType, named name: String? = nil) -> SkyqSection? {
    guard let name = name ?? type.fixedName else { return nil }
    return sections.first { $0.type == type.rawValue && $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The uncompressed bytes of a section, at most 64 MiB.
  /// - Throws: E030 to E032 if they are damaged.
  public func bytes(of section: SkyqSection) throws(SkyqError) -> [UInt8] {
    do throws(SkyqError) {
      return try verifiedBytes(of: section)
    } catch {
      throw error.about(section.part).inFile(path)
    }
  }

  /// The uncompressed bytes of the section of this type and name.
  /// - Throws: E039 if there is none, E030 to E032 if it is damaged.
  public func sectionBytes(_ type: SkyqSectionType, named name: String? = nil) throws(SkyqError) -> [UInt8] {
    guard let section = section(type, named: name) else {
      let part = SkyqPart.section(type: type.rawValue, name: name ?? type.fixedName ?? "")
      throw SkyqError(.notInFile, "no such section", part: part).inFile(path)
    }
    return try bytes(of: section)
  }

  /// The value of a JSON section, or nil if there is none.
  /// - Throws: E030 to E032 if it is damaged, E037 if it is not canonical JSON, or not the object that its type
  ///   demands.
  public func json(_ type: SkyqSectionType, named name: String? = nil) throws(SkyqError) -> JSONValue? {
    guard let section = section(type, named: name) else { return nil }
    let bytes = try bytes(of: section)
    do throws(SkyqError) {
      return try CanonicalJSON.decode(bytes, for: type)
    } catch {
      throw error.about(section.part).inFile(path)
    }
  }

  private func verifiedBytes(of section: SkyqSection) throws(SkyqError) -> [UInt8] {
    let stored = mapping.copy(section.offset..<section.offset + section.storedSize)
    guard XXH3Hasher.hash(stored) == section.xxh3 else {
      throw SkyqError(.sectionChecksum, "damaged: the stored bytes have another XXH3", offset: section.offset)
    }
    let bytes = section.isCompressed ? try decompress(stored, byteCount: section.size) : stored
    guard SHA256Hasher.hash(bytes) == section.sha256 else {
      throw SkyqError(.sectionDigest, "the content has another SHA-256", offset: section.offset)
    }
    return bytes
  }

  private func decompress(_ frame: [UInt8], byteCount: Int) throws(SkyqError) -> [UInt8] {
    do throws(StorageError) {
      return try Zstd.decompress(frame, byteCount: byteCount)
    } catch {
      throw SkyqError(.zstdFrame, "\(error)")
    }
  }
}

/// The embedded files of the model.
extension SkyqFile: NamedFiles {
  /// Names of the embedded files in file order.
  public var names: [String] { sections.filter { $0.knownType == .file }.map(\.name) }

  /// The bytes of the embedded file `name`, or nil if there is none.
  /// - Throws: E030 to E032 if it is damaged.
  public func bytes(of name: String) throws(SkyqError) -> [UInt8]? {
    guard let section = section(.file, named: name) else { return nil }
    return try bytes(of: section)
  }
}
