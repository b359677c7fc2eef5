// PNG, JPEG and WebP through the decoder and the tiling, as a question's picture goes. The C libraries are not instrumented:
// what is found are crashes, hangs, wrong sizes and overruns of the buffers that we hand to them.
import ImageProcessing

private let decoder = ImageDecoder(limits: ImageLimits(maxFileBytes: 1 << 20, maxPixels: 1 << 18, maxSide: 4_096))

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImages(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let image = try? decoder.decode(fuzzInput(data, count), name: "input") else { return 0 }
  precondition(image.width > 0 && image.height > 0 && image.width * image.height <= 1 << 18, "limits not kept")
  precondition(image.rgb.count == image.width * image.height * 3, "not three bytes a pixel")
  return 0
}
