// The writer against files of an independent writer, and against the commit protocol of Formats/skyq.md §10.
import Basics
import JSON
import Skyq
import Storage
import Tensors
import Testing
import TestSupport

@Suite struct WriterTests {
  /// Vectors that the plain parts of the format describe completely: no unknown version, no zstd, writer's own order.
  static let reproducible = [
    "empty", "scalar", "zero_length_dim", "plain_encodings", "awq_g32", "awq_g64", "awq_g128", "awq_odd_groups",
    "awq_example", "awq_u8", "align_64k", "utf8_names", "longest_names", "thousand_tensors", "front_1mib",
  ]

  @Test(arguments: reproducible)
  func aFileIsByteForByteThatOfTheIndependentWriter(name: String) throws {
    let directory = try TemporaryDirectory()
    let source = try SkyqFile(path: Vectors.directory + name + ".skyq")
    let path = directory.path("copy.skyq")
    let header = try Copying(of: source).write(to: path)
    #expect(try readFile(path, limit: 4 << 20) == Vectors.file(name + ".skyq"))
    #expect(header == source.header)
    #expect(try directory.names() == ["copy.skyq"], "the work folder must be gone")
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

  @Test func tensorsThatAreWrittenBackwardsMakeTheSameFile() throws {
    let directory = try TemporaryDirectory()
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    let path = directory.path("copy.skyq")
    var writer = try SkyqWriter(
      in: WorkFolder(for: path, making: .file), tensors: copying.plan, sections: copying.sections)
    let writers = writer.tensorWriters
    let written = try copying.plan.indices.reversed().map { try copying.written($0, with: writers) }
    for tensor in written.reversed() { try writer.complete(tensor) }
    _ = try writer.seal().publish()
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("plain_encodings.skyq"))
  }

  @Test func anUnfinishedFileIsRefusedByReadersAndHasNotTheFinalName() throws {
    let directory = try TemporaryDirectory()
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: directory.path("out.skyq"), afterTensors: 3)
    #expect(try directory.names() == ["out.skyq.skyquant-work"])
    let error = #expect(throws: SkyqError.self) {
      _ = try SkyqFile(path: directory.path("out.skyq.skyquant-work/output"))
    }
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

  @Test func aTensorThatIsNotAsTheJournalSaysEndsTheRunWithItsName() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let source = try SkyqFile(path: Vectors.directory + "plain_encodings.skyq")
    let copying = try Copying(of: source)
    try copying.writeAndAbandon(to: path, afterTensors: 5)
    let tensor = source.tensors[2]
    let output = path + ".skyquant-work/output"
    var bytes = try readFile(output, limit: 1 << 20)
    bytes[tensor.planes[0].offset] ^= 1
    try directory.write(bytes, to: "out.skyq.skyquant-work/output")
    let place = "tensor '\(tensor.name)' at offset \(tensor.planes[0].offset)"
    #expect(throws: StorageError.altered(path: output, place: place)) {
      _ = try copying.write(to: path, resuming: true)
    }
  }

  @Test func aFlippedBitAnywhereInWhatAStoppedRunHasSecuredIsNoticed() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let source = try SkyqFile(path: Vectors.directory + "plain_encodings.skyq")
    let copying = try Copying(of: source)
    try copying.writeAndAbandon(to: path, afterTensors: 5)
    let unsecured = source.tensors[5...].flatMap(\.planes).map { $0.offset..<$0.offset + $0.size }
    for name in ["output", "journal"] {
      let intact = try readFile(path + ".skyquant-work/" + name, limit: 1 << 20)
      for position in stride(from: 0, to: intact.count, by: name == "journal" ? 1 : 97) {
        var changed = intact
        changed[position] ^= 1 << UInt8(position % 8)
        try directory.write(changed, to: "out.skyq.skyquant-work/" + name)
        let isTail = name == "journal" ? position == intact.count - 1 : unsecured.contains { $0.contains(position) }
        guard !isTail else { continue }
        let error = #expect(throws: StorageError.self, "\(name), byte \(position)") {
          try copying.resume(to: path)
        }
        guard case .altered(path + ".skyquant-work/" + name, _)? = error else {
          Issue.record("\(name), byte \(position): \(String(describing: error))")
          continue
        }
      }
      try directory.write(intact, to: "out.skyq.skyquant-work/" + name)
    }
    _ = try copying.write(to: path, resuming: true)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("plain_encodings.skyq"))
  }

  @Test func aFileThatWasSealedButNotPublishedIsFinishedByTheNextRun() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: path, afterTensors: copying.plan.count)
    do {
      let writer = try SkyqWriter(
        in: WorkFolder(for: path, making: .file, resuming: true), tensors: copying.plan, sections: copying.sections)
      #expect(writer.nextTensor == nil)
      let sealed = try writer.seal()
      #expect(try SkyqFile(path: sealed.path).check(.full).isEmpty)
    }
    #expect(try directory.names() == ["out.skyq.skyquant-work"])
    _ = try copying.write(to: path, resuming: true)
    #expect(try readFile(path, limit: 1 << 20) == Vectors.file("plain_encodings.skyq"))
    #expect(try directory.names() == ["out.skyq"])
  }

  @Test func workThatNobodySaidWhatToDoWithIsKept() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: path, afterTensors: 4)
    #expect(throws: StorageError.unfinished(path: path)) { _ = try copying.write(to: path) }
    #expect(throws: StorageError.unfinished(path: path)) { _ = try StagedDirectory(path: path) }
    var started: Int?
    _ = try copying.write(to: path, overwriting: true) { started = $0 }
    #expect(started == 0)
    #expect(try directory.names() == ["out.skyq"])
  }

  @Test func aHalfWrittenJournalLineIsIgnored() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let copying = try Copying(of: SkyqFile(path: Vectors.directory + "plain_encodings.skyq"))
    try copying.writeAndAbandon(to: path, afterTensors: 4)
    let journal = try readFile(path + ".skyquant-work/journal", limit: 1 << 20)
    try directory.write(Array(journal.dropLast(10)), to: "out.skyq.skyquant-work/journal")
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
    #expect(try directory.names() == ["out.skyq.skyquant-work"], "the other run is still resumable")
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
    let first = try SkyqWriter(in: WorkFolder(for: path, making: .file), tensors: copying.plan, sections: [])
    let error = #expect(throws: StorageError.self) { _ = try copying.write(to: path) }
    #expect(error?.category == .locked)
    withExtendedLifetime(first) {}
  }

  @Test func aDiskWithoutRoomIsNoticedBeforeAnyDataAndLeavesNothingBehind() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("out.skyq")
    let huge = SkyqTensorPlan(name: "huge", encoding: .int64, shape: [1 << 39, 1 << 10])  // 4 EiB
    let error = #expect(throws: StorageError.self) {
      _ = try SkyqWriter(in: WorkFolder(for: path, making: .file), tensors: [huge], sections: [])
    }
    #expect(error?.category == .cannotCreateOutput)
    #expect(try directory.names().isEmpty)
  }
}
