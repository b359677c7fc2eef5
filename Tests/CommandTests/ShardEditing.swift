// Changes bytes of one tensor in a copy of a model, found by the header as Foundation's JSON reader understands it.
import Foundation
import Testing
import TestSupport

/// The file of `directory` that holds `tensor`, and where its bytes lie.
func place(of tensor: String, in directory: String) throws -> (file: URL, range: Range<Int>) {
  let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".safetensors") }
  for name in names.sorted() {
    let file = URL(fileURLWithPath: directory + "/" + name)
    let bytes = try Data(contentsOf: file)
    let header = Int(bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    let json = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + header]) as? [String: [String: Any]])
    guard let offsets = json[tensor]?["data_offsets"] as? [Int] else { continue }
    return (file, 8 + header + offsets[0]..<8 + header + offsets[1])
  }
  throw CocoaError(.fileNoSuchFile)
}

/// Overwrites bytes of `tensor` from its byte `offset` on, in place: the file stays the same one.
func overwrite(_ tensor: String, in directory: String, at offset: Int = 0, with bytes: [UInt8]) throws {
  let (file, range) = try place(of: tensor, in: directory)
  let handle = try FileHandle(forUpdating: file)
  try handle.seek(toOffset: UInt64(range.lowerBound + offset))
  try handle.write(contentsOf: bytes)
  try handle.close()
}

/// Cuts `tensor` to its first `count` rows; its shard is written anew.
func cutRows(of tensor: String, to count: Int, in directory: String) throws {
  let (file, _) = try place(of: tensor, in: directory)
  let bytes = try Data(contentsOf: file)
  let size = Int(bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
  var header = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + size]) as? [String: [String: Any]])
  var data = Data()
  func begin(_ entry: [String: Any]) -> Int { (entry["data_offsets"] as? [Int])?.first ?? -1 }
  for (name, entry) in header.sorted(by: { begin($0.value) < begin($1.value) }) {
    guard let offsets = entry["data_offsets"] as? [Int], var shape = entry["shape"] as? [Int] else { continue }
    var part = bytes[8 + size + offsets[0]..<8 + size + offsets[1]]
    if name == tensor {
      part = part.prefix(part.count / shape[0] * count)
      shape[0] = count
    }
    header[name]?["shape"] = shape
    header[name]?["data_offsets"] = [data.count, data.count + part.count]
    data += part
  }
  let text = try JSONSerialization.data(withJSONObject: header)
  try (Data((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }) + text + data).write(to: file)
}

extension TemporaryDirectory {
  /// A copy of the directory `original`.
  func copy(of original: String, as name: String) throws -> String {
    try FileManager.default.copyItem(atPath: original, toPath: path(name))
    return path(name)
  }
}
