// A whole safetensors file: header length, JSON, data. What is accepted must lie inside the file, without gaps.
import Safetensors

private let file = ScratchFile()

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafetensorsHeader(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Two bytes say how much data follows the header, so that a mutated offset can be matched without writing it.
  let input = fuzzInput(data, count)
  guard input.count >= 2 else { return 0 }
  let zeros = Int(input[0]) | Int(input[1]) << 8
  file.replace(with: Array(input[2...]), byteCount: input.count - 2 + zeros)
  guard let opened = try? SafetensorsFile(path: file.path) else { return 0 }
  var end = 0
  for entry in opened.header.entries {
    precondition(entry.byteRange.lowerBound == end, "a gap was accepted")
    end = entry.byteRange.upperBound
    guard let view = try? opened.tensor(entry.info.name) else { preconditionFailure("a listed tensor is not found") }
    precondition(view.info.byteCount == entry.byteRange.count, "the size differs from the shape")
  }
  precondition(opened.dataOffset + end == input.count - 2 + zeros, "a tail was accepted")
  return 0
}
