// WebP by libwebp with its defaults, as Pillow's WebPImagePlugin has it.
import Basics
import CWebP

/// Decodes a WebP that holds one picture: lossy or lossless, with or without transparency.
struct WebPDecoder {
  let limits: ImageLimits

  /// Pixels that any file may hold: a picture of one colour takes 30 bytes, however large it is.
  private static let pixelsOfAnyFile = 16_000_000
  /// Pixels that a byte of a file may code that holds more. No JPEG does better, and no photograph.
  private static let bestRatio = 8 * 256

  func decode(_ file: EncodedImage) throws(ImageError) -> PixelImage {
    try unsafe file.bytes.withUnsafeBufferPointer { (source) throws(ImageError) in
      var header = WebPBitstreamFeatures()
      let status = unsafe WebPGetFeatures(source.baseAddress, source.count, &header)
      guard status == VP8_STATUS_OK else { throw Self.failure(status, file) }
      let (width, height) = (Int(header.width), Int(header.height))
      guard header.has_animation == 0 else {
        throw .unsupportedFormat(file: file.name, found: ImageFormat.animatedWebP)
      }
      let ratio = width * height <= Self.pixelsOfAnyFile ? Self.pixelsOfAnyFile : Self.bestRatio
      try limits.check(file, width: width, height: height, bitsPerPixel: 8, bestRatio: ratio)
      var samples: [UInt8] = []
      let outcome = unsafe Self.decodeSamples(source, width: width, height: height, into: &samples)
      guard outcome == VP8_STATUS_OK else { throw Self.failure(outcome, file) }
      return PixelImage(width: width, height: height, rgb: samples)
    }
  }

  /// Fills `samples` with the picture's red, green and blue, and returns libwebp's status.
  private static func decodeSamples(
    _ source: UnsafeBufferPointer<UInt8>, width: Int, height: Int, into samples: inout [UInt8]
  ) -> VP8StatusCode {
    var config = unsafe WebPDecoderConfig()
    guard unsafe WebPInitDecoderConfig(&config) != 0 else { return VP8_STATUS_INVALID_PARAM }
    let count = width * height * 3
    var status = VP8_STATUS_OK
    unsafe samples = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      unsafe config.output.colorspace = MODE_RGB
      unsafe config.output.is_external_memory = 1
      unsafe config.output.u.RGBA = WebPRGBABuffer(
        rgba: buffer.baseAddress, stride: CInt(width * 3), size: count)
      unsafe status = WebPDecode(source.baseAddress, source.count, &config)
      initializedCount = status == VP8_STATUS_OK ? count : 0
    }
    return status
  }

  /// libwebp has no texts for what it reports.
  private static func failure(_ status: VP8StatusCode, _ file: EncodedImage) -> ImageError {
    let reason =
      switch status {
      case VP8_STATUS_OUT_OF_MEMORY: "the decoder gets no memory"
      case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: "its data is cut off"
      case VP8_STATUS_UNSUPPORTED_FEATURE: "it uses what the format does not have"
      default: "its data does not decode"
      }
    return .malformed(file: file.name, format: .webp, reason: reason)
  }
}
