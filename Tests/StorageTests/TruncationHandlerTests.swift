// A mapped file that another process shortens ends the process with one line and exit code 66.
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct TruncationHandlerTests {
  @Test func aFileTruncatedWhileMappedEndsTheProcessWithNameAndOffset() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(MappedFile.truncationExitCode), observing: [\.standardErrorContent]
    ) {
      MappedFile.installTruncationHandler()
      let directory = try TemporaryDirectory()
      let path = try directory.write([UInt8](repeating: 1, count: 1 << 20), to: "shard\u{1B}.safetensors")
      let intact = try MappedFile(path: directory.write([1], to: "intact"))
      let file = try MappedFile(path: path)
      #expect(unsafe truncate(path, 8192) == 0)
      let byte = file.withBytes { unsafe $0.unsafeLoad(fromByteOffset: 800_000, as: UInt8.self) }
      print(byte, intact.byteCount)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let line = try #require(message.split(separator: "\n").last { $0.hasPrefix("error: ") })
    #expect(line.hasSuffix(#"shard\u{1b}.safetensors: file changed while mapped (byte offset 800000)"#))
  }
}
