// The identity of a file's content, Formats/skyq.md §8.
import Storage
import Tensors

enum ContentID {
  /// SHA-256 of the canonical list of content sections and tensors, whatever their order in the file.
  static func compute(sections: [SkyqSection], tensors: TensorTable, names: NameTable) -> SHA256Digest {
    let content = sections.filter { $0.knownType?.isContent == true }.sorted {
      $0.type == $1.type ? SkyqName.precedes($0.name, $1.name) : SkyqName.precedes($0.type, $1.type)
    }
    var list = RecordWriter()
    list.append("SKYQ-CONTENT".utf8)
    list.append(SkyqLimits.major)
    list.append(UInt32(content.count))
    list.append(UInt32(tensors.count))
    var hasher = SHA256Hasher()
    hasher.update(list.bytes)
    for section in content { hasher.update(record(of: section)) }
    var records = RecordWriter()
    for index in names.order {
      append(tensors[Int(index)], named: names.utf8(at: Int(index)), to: &records)
      if records.bytes.count >= piece {
        hasher.update(records.bytes)
        records.removeAll()
      }
    }
    hasher.update(records.bytes)
    return hasher.finalize()
  }

  /// Bytes that are hashed in one call, about.
  private static let piece = 1 << 16

  private static func record(of section: SkyqSection) -> [UInt8] {
    var record = RecordWriter()
    record.append(UInt8(1))
    record.append(section.type.utf8)
    record.append(UInt16(section.name.utf8.count))
    record.append(section.name.utf8)
    record.append(UInt64(section.size))
    record.append(section.sha256)
    return record.bytes
  }

  private static func append(_ tensor: TensorEntry, named name: RawSpan, to record: inout RecordWriter) {
    record.append(UInt8(2))
    record.append(UInt16(name.byteCount))
    record.append(name)
    record.append(tensor.encoding)
    record.append(tensor.groupSize)
    record.append(tensor.rank)
    for axis in 0..<Int(tensor.rank) { record.append(tensor.dimensions[axis]) }
    record.append(tensor.sha256)
  }
}
