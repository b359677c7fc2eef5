// The writer against files of an independent writer, and against the commit protocol of Formats/skyq.md §10.
import JSON
import Skyq
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct WriterTests {
  /// Vectors that the plain parts of the format describe completely: no later version, no zstd, writer's own order.
  static let reproducible = [
    "empty", "scalar", "zero_length_dim", "plain_encodings", "awq_g32", "awq_g64", "awq_g128", "awq_odd_groups",
    "awq_example", "align_64k", "utf8_names", "longest_names", "thousand_tensors", "front_1mib",
  ]

  @Test(arguments: reproducible)
  func aFileIsByteForByteThatOfTheIndependentWriter(name: String) throws {
    let directory = try TemporaryDirectory()
    let source = try SkyqFile(path: Vectors.directory + name + ".skyq")
    let path = directory.path("copy.skyq")
    let header = try Copying(of: source).write(to: path)
    #expect(try readFile(path, limit: 4 << 20) == Vectors.file(name + ".skyq"))
    #expect(header == source.header)
    #expect(try directory.names() == ["copy.skyq"], "journal, lock and partial file must be gone")
  }

  @Test(arguments: ["sections_raw", "sections_reversed", "sections_zstd"])
  func sectionsKeepContentAndIdentityInWhateverOrderTheyAreGiven(name: String) throws {
    let directory = try TemporaryDirectory()
    let source = try SkyqFile(path: Vectors.directory + name + ".skyq")
    let path = directory.path("copy.skyq")
    let header = try Copying(of: source).write(to: path)
    let copy = try SkyqFile(path: path)
    #expect(header.contentID == source.header.contentID)
    #expect(copy.check(.full).isEmpty)
    for section in source.sections {
      let type = try #require(section.knownType)
      #expect(try copy.sectionBytes(type, named: section.name) == source.bytes(of: section))
    }
  }

  @Test(arguments: [1, 2, 3, 5, 7, 64])
  func theSizeOfThePiecesDoesNotMatter(pieceSize: Int) throws {
    let directory = try TemporaryDirectory()
    let source = try SkyqFile(path: Vectors.directory + "awq_odd_groups.skyq")
    let path = directory.path("copy.skyq")
    _ = try Copying(of: source, pieceSize: pieceSize).write(to: path)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("awq_odd_groups.skyq"))
  }

  @Test func anUnfinishedFileIsRefusedByReadersAndHasNotTheFinalName() throws {
    let directory = try TemporaryDirectory()
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: directory.path("out.skyq"), afterTensors: 3)
    #expect(try directory.names() == ["out.skyq.journal", "out.skyq.partial"])
    let error = #expect(throws: SkyqError.self) { _ = try SkyqFile(path: directory.path("out.skyq.partial")) }
    #expect(error?.code == .unsealed)
  }

  @Test(arguments: 0...8)
  func aResumedFileIsByteForByteThatOfAnUndisturbedRun(tensorCount: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: path, afterTensors: tensorCount)
    var started: Int?
    _ = try copying.write(to: path, resuming: true) { started = $0 }
    #expect(started == tensorCount)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("plain_encodings.skyq"))
    #expect(try directory.names() == ["out.skyq"])
  }

  @Test func aTensorThatIsNotAsTheJournalSaysIsWrittenAgain() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let source = try SkyqFile(path: Vectors.directory + "plain_encodings.skyq")
    let copying = try Copying(of: source)
    try copying.writeAndAbandon(to: path, afterTensors: 5)
    var partial = try readFile(path + ".partial", limit: 1 << 20)
    partial[source.tensors[2].planes[0].offset] ^= 1
    try directory.write(partial, to: "out.skyq.partial")
    var started: Int?
    _ = try copying.write(to: path, resuming: true) { started = $0 }
    #expect(started == 2)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("plain_encodings.skyq"))
  }

  @Test func aHalfWrittenJournalLineIsIgnored() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: path, afterTensors: 4)
    let journal = try readFile(path + ".journal", limit: 1 << 20)
    try directory.write(Array(journal.dropLast(10)), to: "out.skyq.journal")
    var started: Int?
    _ = try copying.write(to: path, resuming: true) { started = $0 }
    #expect(started == 3)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("plain_encodings.skyq"))
  }

  @Test func aRunWithAnotherPlanCannotBeResumed() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq")).writeAndAbandon(
      to: path, afterTensors: 2)
    let other = try Copying(of: SkyqFile(path: Vectors.directory + "awq_g32.skyq"))
    #expect(throws: SkyqWriterError.otherPlan(path: path)) { _ = try other.write(to: path, resuming: true) }
    #expect(try directory.names() == ["out.skyq.journal", "out.skyq.partial"], "the other run is still resumable")
  }

  @Test func anExistingFileIsRefusedAndUntouchedUnlessOverwritten() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("mine", to: "out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "scalar.skyq"))
    #expect(throws: StorageError.exists(path: path)) { _ = try copying.write(to: path) }
    #expect(try readFile(path, limit: 10) == Array("mine".utf8))
    _ = try copying.write(to: path, overwriting: true)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("scalar.skyq"))
  }

  @Test func aSecondWriterOfTheSameFileIsLockedOut() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "scalar.skyq"))
    let first = try SkyqWriter(path: path, tensors: copying.plan, sections: [])
    let error = #expect(throws: StorageError.self) { _ = try copying.write(to: path) }
    #expect(error?.category == .locked)
    withExtendedLifetime(first) {}
  }

  @Test func aDiskWithoutRoomIsNoticedBeforeAnyDataAndLeavesNothingBehind() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let huge = SkyqTensorPlan(name: "huge", encoding: .int64, shape: [1 << 39, 1 << 10])  // 4 EiB
    let error = #expect(throws: StorageError.self) { _ = try SkyqWriter(path: path, tensors: [huge], sections: []) }
    #expect(error?.category == .cannotCreateOutput)
    #expect(try directory.names().isEmpty)
  }
}
