// The JSON header of a safetensors file. What is accepted must fill the data behind it without gaps.
import Safetensors

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafetensorsHeader(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Two bytes say how much data follows. The length before the header is left out: a mutation that inserts or removes
  // bytes would only ever make it wrong.
  let input = fuzzInput(data, count)
  guard input.count >= 2 else { return 0 }
  let dataByteCount = Int(input[0]) | Int(input[1]) << 8
  let json = Array(input[2...])
  guard let header = try? SafetensorsHeader(parsing: json.span.bytes, dataByteCount: dataByteCount) else { return 0 }
  var end = 0
  for entry in header.entries {
    precondition(entry.byteRange.lowerBound == end, "a gap was accepted")
    precondition(entry.byteRange.count == entry.info.byteCount, "the size differs from the shape")
    precondition(header[entry.info.name] == entry, "a listed tensor is not found")
    end = entry.byteRange.upperBound
  }
  precondition(end == dataByteCount, "a tail was accepted")
  return 0
}
