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

extension TemporaryDirectory {
  /// A copy of the directory `original`.
  func copy(of original: String, as name: String) throws -> String {
    try FileManager.default.copyItem(atPath: original, toPath: path(name))
    return path(name)
  }
}
