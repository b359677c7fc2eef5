// The checked cursor and checked arithmetic.
import Storage
import Testing

@Suite struct ByteReaderTests {
  private let storage: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]

  @Test func integersAreLittleEndianAndFollowEachOther() throws {
    var reader = ByteReader(unsafe storage.span.bytes)
    let values = (
      try reader.readUInt8(), try reader.readUInt16(), try reader.readUInt32(), try reader.readUInt64()
    )
    #expect(values == (0x01, 0x0302, 0x0706_0504, 0x0F0E_0D0C_0B0A_0908))
    #expect(reader.offset == 15)
    #expect(reader.remaining == 2)
  }

  @Test func aReadBeyondTheEndFailsAndDoesNotMove() throws {
    var reader = ByteReader(unsafe storage.span.bytes)
    try reader.skip(14)
    do {
      _ = try reader.readUInt32()
      Issue.record("read beyond the end")
    } catch {
      #expect(error == .endOfBytes(needed: 4, remaining: 3, offset: 14))
    }
    let last = try reader.readBytes(3).byteCount
    #expect(last == 3)
    #expect(reader.remaining == 0)
  }

  @Test(arguments: [-1, Int.min, 18, Int.max])
  func aCountFromAFileIsChecked(count: Int) {
    #expect(throws: StorageError.endOfBytes(needed: count, remaining: 17, offset: 0)) {
      var reader = ByteReader(unsafe storage.span.bytes)
      try reader.skip(count)
    }
  }

  @Test func arithmeticThatOverflowsGivesNil() {
    #expect(Int.max.adding(checked: 1) == nil)
    #expect((1 << 62).multiplied(checked: 4) == nil)
    #expect(6.multiplied(checked: 7) == 42)
    #expect((Int.max - 3).alignedUp(to: 4096) == nil)
    #expect((-1).alignedUp(to: 8) == nil)
    #expect(0.alignedUp(to: 4096) == 0)
    #expect(4097.alignedUp(to: 4096) == 8192)
  }
}
