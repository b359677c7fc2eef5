// Damaged files: whatever a few changed bytes say, the reader answers with a checked file or an error.
import Foundation
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct MutationTests {
  private let original: [UInt8]
  private let directory: TemporaryDirectory

  init() throws {
    let path = try #require(Bundle.module.path(forResource: "python", ofType: "safetensors", inDirectory: "Resources"))
    original = try readFile(path, limit: 1 << 20)
    directory = try TemporaryDirectory()
  }

  /// Opens `bytes` and touches all of every tensor. True if they were accepted.
  private func isAccepted(_ bytes: [UInt8]) throws -> Bool {
    do {
      let file = try SafetensorsFile(path: directory.write(bytes, to: "t.safetensors"))
      var covered = 0
      for info in file.tensors {
        covered += try file.tensor(info.name).withBytes { unsafe $0.withUnsafeBytes { unsafe Array($0).count } }
      }
      #expect(file.dataOffset + covered == bytes.count)
      return true
    } catch is SafetensorsError {
      return false
    }
  }

  @Test func everyTruncationIsRefused() throws {
    #expect(try isAccepted(original))
    for count in stride(from: 0, to: original.count, by: 7) + [original.count - 1] {
      #expect(try !isAccepted(Array(original.prefix(count))), "first \(count) bytes")
    }
  }

  @Test func changedHeaderBytesNeverCrashTheReader() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed of changedHeaderBytesNeverCrashTheReader: \(seed)")
    var random = SeededGenerator(seed: seed)
    let headerEnd = 8 + Int(original[0]) + Int(original[1]) << 8
    let interesting = Array(#"{}[]":,\u0-1eE. "#.utf8) + [0, 0x7F, 0x80, 0xFF]
    var accepted = 0
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let position = Int.random(in: 0..<headerEnd, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[position] = interesting.randomElement(using: &random) ?? 0
        case 2: bytes.remove(at: position)
        default: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: position)
        }
      }
      if try isAccepted(bytes) { accepted += 1 }
    }
    // A change inside a name makes another name, so some are accepted; a change of structure never is.
    #expect(accepted < 1500, "seed \(seed)")
  }

  @Test func changedIndexBytesNeverCrashTheReader() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed of changedIndexBytesNeverCrashTheReader: \(seed)")
    var random = SeededGenerator(seed: seed)
    let index = Array(#"{"metadata":{"total_size":10},"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}"#.utf8)
    for _ in 0..<20_000 {
      var bytes = index
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let parsed = try? ShardIndex(parsing: unsafe bytes.span.bytes) else { continue }
      for shard in parsed.shards { try requirePlainFileName(shard) }
    }
  }
}
