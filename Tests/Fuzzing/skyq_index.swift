// A .skyq file. Checksums over superblock and tables are made right first: no mutation would get past them otherwise.
import Skyq
import Storage

private let file = ScratchFile()
/// Longest file that is read to its end; the front of a longer one is all that the input can say anything about.
private let checkedByteCount = 1 << 20

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSkyqIndex(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = fuzzInput(data, count)
  guard input.count >= 4_096 else { return 0 }
  let declaredSize = integer(at: 0x20, of: input)
  let fileSize = min(max(declaredSize, 4_096), 1 << 40)
  input.append(contentsOf: repeatElement(0, count: max(0, min(fileSize, checkedByteCount) - input.count)))
  let frontSize = integer(at: 0x58, of: input)
  if frontSize >= 4_096, frontSize <= input.count {
    let digest = SHA256Hasher.hash(Array(input[4_096..<frontSize]))
    unsafe digest.bytes.withUnsafeBytes { unsafe input.replaceSubrange(0x80..<0xA0, with: $0) }
  }
  let checksum = XXH3Hasher.hash(Array(input[..<0xF8]))
  input.replaceSubrange(0xF8..<0x100, with: (0..<8).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) })
  file.replace(with: input, byteCount: fileSize)
  guard let opened = try? SkyqFile(path: file.path) else { return 0 }
  for tensor in opened.tensors {
    for plane in tensor.planes { precondition(plane.offset + plane.size <= fileSize, "a plane outside was accepted") }
    precondition(opened.tensor(named: tensor.name) == tensor, "a listed tensor is not found")
    if fileSize <= checkedByteCount { _ = try? opened.view(of: tensor) }
  }
  if fileSize <= checkedByteCount { _ = opened.check(.full) }
  return 0
}

private func integer(at offset: Int, of bytes: [UInt8]) -> Int {
  let value = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << ($1 * 8) }
  return Int(clamping: value)
}
