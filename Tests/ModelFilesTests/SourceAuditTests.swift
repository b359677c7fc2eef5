// The one pass over all weights: digests and findings, however values lie in the pieces that are read.
import Foundation
import ModelFiles
import Storage
import TestSupport
import Testing

@Suite struct SourceAuditTests {
  private static let floatCount = 70_000, halfCount = 200_000
  /// Bytes that are read in one piece.
  private static let piece = 1 << 18

  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  /// A file, its bytes, and where the data of the tensor of floats begins.
  private struct Written {
    let path: String
    let bytes: [UInt8]
    let floats: Int
    var halves: Int { floats + 4 * SourceAuditTests.floatCount }
  }

  /// Writes a safetensors file with a byte, F32 ones that lie across the end of the first piece, at odd addresses, a matrix
  /// of BF16 zeros, and nothing.
  /// - Parameter bytes: What is otherwise, by its place behind the beginning of the floats.
  private func write(_ name: String, changing bytes: [Int: [UInt8]] = [:]) throws -> Written {
    let tensors: [(name: String, dtype: String, shape: [Int], byteCount: Int)] = [
      ("byte", "U8", [1], 1), ("floats", "F32", [Self.floatCount], 4 * Self.floatCount),
      ("halves", "BF16", [4, Self.halfCount / 4], 2 * Self.halfCount), ("nothing", "F16", [0, 7], 0),
    ]
    var header: [String: Any] = [:], end = 0
    for tensor in tensors {
      header[name + "." + tensor.name] = [
        "dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [end, end + tensor.byteCount],
      ]
      end += tensor.byteCount
    }
    var json = [UInt8](try JSONSerialization.data(withJSONObject: header))
    while (8 + json.count) % 4 != 2 { json.append(UInt8(ascii: " ")) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    var all = length + json + [1]
    let floats = all.count
    for _ in 0..<Self.floatCount { all += [0, 0, 0x80, 0x3F] }
    all += [UInt8](repeating: 0, count: 2 * Self.halfCount)
    for (offset, new) in bytes { all.replaceSubrange(floats + offset..<floats + offset + new.count, with: new) }
    return Written(path: try folder.write(all, to: name), bytes: all, floats: floats)
  }

  private func audit(_ path: String) throws -> SourceAudit { try ModelListing.open(path).weights.audited { _, _ in } }

  /// What is to be found, and nothing else.
  private func expect(
    _ audit: SourceAudit, _ tensor: String, _ kind: TensorFinding.Kind, in file: Written,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(audit.findings.map(\.file) == [file.path], sourceLocation: location)
    #expect(audit.findings.map(\.tensor) == [tensor] && audit.findings.map(\.kind) == [kind], sourceLocation: location)
  }

  @Test func `the digest is that of the whole file, and zeros are found`() throws {
    let file = try write("a.safetensors")
    let audit = try audit(file.path)
    #expect(audit.digests.map(\.sha256) == [SHA256Hasher.hash(file.bytes)])
    #expect(audit.digests.map(\.byteCount) == [file.bytes.count])
    expect(audit, "a.safetensors.halves", .zero(offset: file.halves), in: file)
  }

  @Test func `a value that is no number is found wherever it lies`() throws {
    let start = try write("a.safetensors").floats
    let across = (Self.piece - start) / 4
    #expect(start % 4 == 3 && start + 4 * across < Self.piece && start + 4 * across + 4 > Self.piece)
    for index in [0, across - 1, across, across + 1, Self.floatCount - 1] {
      // And a matrix with one value that is not zero, its last.
      let last = 4 * Self.floatCount + 2 * Self.halfCount - 2
      let file = try write("a.safetensors", changing: [4 * index: [1, 0, 0x80, 0x7F], last: [0x80, 0x3F]])
      let audit = try audit(file.path)
      expect(audit, "a.safetensors.floats", .nonFinite(count: 1, offset: start + 4 * index), in: file)
    }
  }

  @Test func `files that are read side by side have the digests and findings of each alone`() throws {
    let names = (0..<5).map { "\($0).safetensors" }
    let files = try names.enumerated().map { index, name in
      try write(name, changing: index % 2 == 0 ? [:] : [8: [0, 0, 0x80, 0xFF]])
    }
    let alone = try files.map { try audit($0.path) }
    var map: [String: String] = [:]
    for name in names { for tensor in ["byte", "floats", "halves", "nothing"] { map["\(name).\(tensor)"] = name } }
    let index = try JSONSerialization.data(withJSONObject: ["weight_map": map])
    try folder.write([UInt8](index), to: "model.safetensors.index.json")
    var reached: [Int] = []
    let together = try ModelListing.open(folder.path).weights.audited { done, _ in reached.append(done) }
    #expect(together.digests.map(\.sha256) == files.map { SHA256Hasher.hash($0.bytes) })
    #expect(together.findings == alone.flatMap(\.findings))
    #expect(reached == reached.sorted() && reached.first == 0)
    #expect(reached.last == files.reduce(0) { $0 + $1.bytes.count })
  }
}
