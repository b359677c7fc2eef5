// Damage at places that nobody chose.
import Skyq
import Tensors
import TestSupport
import Testing

@Suite struct DamageTests {
  /// The codes of all problems of a file, whether it opens or not.
  private static func problems(of bytes: [UInt8], in directory: TemporaryDirectory) throws -> [SkyqErrorCode] {
    let path = try directory.write(bytes, to: "damaged.skyq")
    do {
      return try SkyqFile(path: path).check(.full).map(\.code)
    } catch let error as SkyqError {
      return [error.code]
    }
  }

  @Test func aFlippedBitAnywhereIsFoundByTheFullCheck() throws {
    let directory = try TemporaryDirectory()
    let intact = try Vectors.file("sections_zstd.skyq")
    var random = SeededGenerator(seed: 9)
    for _ in 0..<400 {
      let position = Int.random(in: 0..<intact.count, using: &random)
      let bit = UInt8(1) << Int.random(in: 0..<8, using: &random)
      var damaged = intact
      damaged[position] ^= bit
      let found = try Self.problems(of: damaged, in: directory)
      #expect(found.count == 1, "bit \(bit) at \(position) of seed 9: \(found)")
    }
  }

  @Test func aFlippedBitOutsideThePaddingIsFoundByTheQuickCheck() throws {
    let directory = try TemporaryDirectory()
    let intact = try Vectors.file("awq_example.skyq")
    let planes = try #require(try SkyqFile(path: Vectors.directory + "awq_example.skyq").tensors.first).planes
    for position in planes.flatMap({ $0.offset..<$0.offset + $0.size }) {
      var damaged = intact
      damaged[position] ^= 1
      let file = try SkyqFile(path: directory.write(damaged, to: "damaged.skyq"))
      #expect(file.check(.quick).map(\.code) == [.planeChecksum], "byte \(position)")
    }
  }

  @Test func aTruncatedFileIsRefusedAtEveryLength() throws {
    let directory = try TemporaryDirectory()
    let intact = try Vectors.file("sections_zstd.skyq")
    var random = SeededGenerator(seed: 10)
    for _ in 0..<200 {
      let length = Int.random(in: 0..<intact.count, using: &random)
      let found = try Self.problems(of: Array(intact.prefix(length)), in: directory)
      #expect(found == [length < 4096 ? .tooShort : .fileSize], "\(length) bytes, seed 10")
    }
  }
}
