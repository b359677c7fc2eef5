// Where the planes of a .skyq file lie, read from its tables as Formats/skyq.md §3 and §6 lay them out.
import Foundation

/// The byte ranges of the planes of `tensor` in the file `path`; none if there is no such tensor.
public func planes(of tensor: String, in path: String) throws -> [Range<Int>] {
  let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  func number(_ offset: Int, _ width: Int) -> Int {
    (0..<width).reversed().reduce(0) { $0 << 8 | Int(file[offset + $1]) }
  }
  let (table, count, names) = (number(0x38, 8), number(0x40, 4), number(0x48, 8))
  for entry in stride(from: table, to: table + 256 * count, by: 256) {
    let start = names + number(entry, 4)
    guard file[start..<start + number(entry + 4, 2)].elementsEqual(tensor.utf8) else { continue }
    return (0..<number(entry + 9, 1)).map { plane in
      let offset = number(entry + 0x50 + 24 * plane, 8)
      return offset..<offset + number(entry + 0x58 + 24 * plane, 8)
    }
  }
  return []
}

/// Flips one bit of the file `path` in place: it stays the same file, also for those who have mapped it.
public func flipBit(at offset: Int, in path: String) throws {
  let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  try file.seek(toOffset: UInt64(offset))
  let byte = try file.read(upToCount: 1)?.first ?? 0
  try file.seek(toOffset: UInt64(offset))
  try file.write(contentsOf: [byte ^ 0x04])
  try file.close()
}
