// The identity of a file's content, Formats/skyq.md §8.
import Storage
import Tensors

enum ContentID {
  /// SHA-256 of the canonical list of content sections and tensors, whatever their order in the file.
  /// `order` is the positions of the tensors sorted by name.
  static func compute(sections: [SkyqSection], tensors: [SkyqTensor], order: [Int]) -> SHA256Digest {
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
    var record = RecordWriter()
    for index in order {
      record.removeAll()
      append(tensors[index], to: &record)
      hasher.update(record.bytes)
    }
    return hasher.finalize()
  }

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

  private static func append(_ tensor: SkyqTensor, to record: inout RecordWriter) {
    record.append(UInt8(2))
    record.append(UInt16(tensor.name.utf8.count))
    record.append(tensor.name.utf8)
    record.append(tensor.encoding.code)
    record.append(UInt32(tensor.groupSize))
    record.append(UInt8(tensor.shape.rank))
    for dimension in tensor.shape.dimensions { record.append(UInt64(dimension)) }
    record.append(tensor.sha256)
  }
}
