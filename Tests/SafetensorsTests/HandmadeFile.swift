// Safetensors files put together by hand, so that the reader is not tested against our own writer.
import Safetensors
import TestSupport

/// The bytes of a file with this header text and so many zero bytes of data.
func file(header: String, dataByteCount: Int = 0) -> [UInt8] {
  file(headerLength: UInt64(header.utf8.count), header: header, dataByteCount: dataByteCount)
}

/// The same, with a length field that may lie.
func file(headerLength: UInt64, header: String, dataByteCount: Int = 0) -> [UInt8] {
  let length = (0..<8).map { UInt8(truncatingIfNeeded: headerLength >> ($0 * 8)) }
  return length + Array(header.utf8) + [UInt8](repeating: 0, count: dataByteCount)
}

/// A tensor's entry in a header.
func entry(_ name: String, _ dtype: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
}

/// Why `bytes` are refused as a safetensors file; nil if they are accepted.
func refusal(of bytes: [UInt8]) throws -> SafetensorsError.Reason? { try fault(of: bytes)?.reason }

/// What a person is told of `bytes`; nil if they are accepted.
func message(of bytes: [UInt8]) throws -> String? { try fault(of: bytes)?.description }

private func fault(of bytes: [UInt8]) throws -> SafetensorsError? {
  let directory = try TemporaryDirectory()
  do {
    _ = try SafetensorsFile(path: directory.write(bytes, to: "t.safetensors"))
    return nil
  } catch let error as SafetensorsError {
    return error
  }
}
