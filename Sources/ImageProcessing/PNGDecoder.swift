// PNG by libspng. Samples become 8 bits as Pillow's PngImagePlugin and `convert("RGB")` make them.
import CSpng

/// Decodes a PNG: every colour type, depth and interlacing of the specification.
struct PNGDecoder {
  let limits: ImageLimits

  /// DEFLATE makes at most 1032 bytes of one: 258 bytes from two bits.
  private static let bestRatio = 1032
  /// Bytes of all text, profile and other chunks together, also after they are inflated.
  private static let maxAncillaryBytes = 64 << 20

  func decode(_ file: EncodedImage) throws(ImageError) -> PixelImage {
    guard let context = unsafe spng_ctx_new(0) else { throw Self.failure(SPNG_EMEM.code, file) }
    defer { unsafe spng_ctx_free(context) }
    return try unsafe file.bytes.withUnsafeBufferPointer { (source) throws(ImageError) in
      func check(_ status: CInt) throws(ImageError) {
        guard status == 0 else { throw Self.failure(status, file) }
      }
      try check(unsafe spng_set_chunk_limits(context, Self.maxAncillaryBytes, Self.maxAncillaryBytes))
      try check(unsafe spng_set_png_buffer(context, source.baseAddress, source.count))
      var header = spng_ihdr()
      try check(unsafe spng_get_ihdr(context, &header))
      let (width, height) = (Int(header.width), Int(header.height))
      try limits.check(
        file, width: width, height: height, bitsPerPixel: header.bitsPerPixel, bestRatio: Self.bestRatio)
      let isGray16 = header.bit_depth == 16 && UInt32(header.color_type) == SPNG_COLOR_TYPE_GRAYSCALE.rawValue
      var samples: [UInt8] = []
      let format = isGray16 ? SPNG_FMT_RAW : SPNG_FMT_RGB8
      try check(
        unsafe Self.decodeSamples(context, format, count: width * height * (isGray16 ? 2 : 3), into: &samples))
      try check(unsafe spng_decode_chunks(context))
      guard Self.endsWithIEND(file.bytes) else {
        throw .malformed(file: file.name, format: .png, reason: "its last chunk, IEND, is cut off or changed")
      }
      return PixelImage(width: width, height: height, rgb: isGray16 ? Self.clampedGray(samples) : samples)
    }
  }

  /// Whether walking the chunks leads to a whole IEND: libspng reads no further than its type, and would take a file that
  /// lacks the checksum. What follows IEND is ignored, as by Pillow.
  private static func endsWithIEND(_ bytes: [UInt8]) -> Bool {
    let type = Array("IEND".utf8)
    var start = 8  // behind the signature
    while bytes.count - start >= 12 {
      let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      if bytes[start + 4..<start + 8].elementsEqual(type) {
        return length == 0 && bytes[start + 8..<start + 12].elementsEqual([0xAE, 0x42, 0x60, 0x82])
      }
      start += 12 + length
    }
    return false
  }

  /// Fills `samples` with `count` bytes of the picture and returns libspng's status.
  private static func decodeSamples(
    _ context: OpaquePointer, _ format: spng_format, count: Int, into samples: inout [UInt8]
  ) -> CInt {
    var status: CInt = 0
    unsafe samples = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      unsafe status = spng_decode_image(context, buffer.baseAddress, count, CInt(format.rawValue), 0)
      initializedCount = status == 0 ? count : 0
    }
    return status
  }

  /// Gray pixels from big-endian 16-bit samples, which Pillow does not scale but clamps (mode I;16).
  private static func clampedGray(_ samples: [UInt8]) -> [UInt8] {
    var rgb: [UInt8] = []
    rgb.reserveCapacity(samples.count / 2 * 3)
    for high in stride(from: 0, to: samples.count, by: 2) {
      let gray = samples[high] == 0 ? samples[high + 1] : 255
      rgb.append(gray)
      rgb.append(gray)
      rgb.append(gray)
    }
    return rgb
  }

  private static func failure(_ status: CInt, _ file: EncodedImage) -> ImageError {
    .malformed(file: file.name, format: .png, reason: unsafe String(cString: spng_strerror(status)))
  }
}

extension spng_errno {
  fileprivate var code: CInt { CInt(rawValue) }
}

extension spng_ihdr {
  /// Bits of one pixel in the file.
  fileprivate var bitsPerPixel: Int {
    let channels =
      switch spng_color_type(UInt32(color_type)) {
      case SPNG_COLOR_TYPE_TRUECOLOR: 3
      case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA: 2
      case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA: 4
      default: 1
      }
    return channels * Int(bit_depth)
  }
}
