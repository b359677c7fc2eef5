// zstd frames: what we write is read, what a stranger may have made is refused.
import Storage
import Testing

@Suite struct ZstdTests {
  // The frames below are written by hand from RFC 8878: magic, descriptor, [window], [size], one last raw block.
  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  private static let rawBlockABC: [UInt8] = [0x19, 0x00, 0x00] + Array("abc".utf8)
  private let valid = magic + [0x20, 3] + rawBlockABC

  @Test(arguments: [0, 1, 3, 255, 256, 65_791, 65_792, 1_000_000])
  func contentOfAnySizeComesBack(byteCount: Int) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let frame = Zstd.compress(bytes)
    #expect(try Zstd.decompress(frame, byteCount: byteCount) == bytes)
  }

  @Test func theSameContentGivesTheSameFrame() {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }
    #expect(Zstd.compress(bytes) == Zstd.compress(bytes))
  }

  @Test func aFrameWrittenByHandFromTheSpecificationIsRead() throws {
    #expect(try Zstd.decompress(valid, byteCount: 3) == Array("abc".utf8))
  }

  @Test(
    arguments: [
      (magic + [0x20, 3] + rawBlockABC, 2, "it states 3 bytes of content, expected 2"),
      (magic + [0x20, 3] + rawBlockABC, 4, "it states 3 bytes of content, expected 4"),
      (magic + [0x00, 0x58] + rawBlockABC, 3, "it does not state its content size"),
      (magic + [0x28, 3] + rawBlockABC, 3, "a reserved bit is set"),
      (magic + [0x21, 1, 3] + rawBlockABC, 3, "it needs a dictionary"),
      ([0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0], 0, "it does not begin with the magic number of zstd"),
      (magic + [0x20, 3] + rawBlockABC + [0], 3, "1 bytes follow it"),
      (magic + [0x20, 3] + rawBlockABC + magic + [0x20, 3] + rawBlockABC, 3, "12 bytes follow it"),
      // Window exponent 13, mantissa 1: 9 MiB; content of 9 MiB in a single segment.
      (magic + [0x80, 0x69, 3, 0, 0, 0] + rawBlockABC, 3, "its window of 9437184 bytes exceeds 8388608"),
      (magic + [0xA0, 0, 0, 0x90, 0] + rawBlockABC, 9_437_184, "its window of 9437184 bytes exceeds 8388608"),
    ] as [([UInt8], Int, String)])
  func aFrameWeWouldNotWriteIsRefused(frame: [UInt8], byteCount: Int, reason: String) {
    #expect(throws: StorageError.corruptFrame(reason: reason)) {
      try Zstd.decompress(frame, byteCount: byteCount)
    }
  }

  @Test func aFrameThatHoldsMoreOrLessThanItStatesIsRefused() {
    for stated: UInt8 in [2, 4] {
      let frame = ZstdTests.magic + [0x20, stated] + ZstdTests.rawBlockABC
      #expect(throws: StorageError.self) { try Zstd.decompress(frame, byteCount: Int(stated)) }
    }
  }

  // One run-length block can claim 128 KiB in 4 bytes; stating the size honestly makes it no bomb but a size.
  @Test func aBombIsRefusedByTheSizeItStates() {
    let bomb = ZstdTests.magic + [0xC0, 0x58, 0, 0, 0, 0, 2, 0, 0, 0] + [0x03, 0x00, 0x10, 0x00]
    #expect(throws: StorageError.corruptFrame(reason: "it states 8589934592 bytes of content, expected 65536")) {
      try Zstd.decompress(bomb, byteCount: 65_536)
    }
  }

  @Test func everyTruncationIsRefused() {
    for count in 0..<valid.count {
      #expect(throws: StorageError.self) { try Zstd.decompress(Array(valid.prefix(count)), byteCount: 3) }
    }
  }
}
