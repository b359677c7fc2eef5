// JPEG by libjpeg-turbo with its defaults, which are Pillow's: exact integer IDCT, smooth chroma upsampling.
import Basics
import CTurboJPEG

/// Decodes a JPEG: baseline or progressive; gray, YCbCr, RGB, CMYK or YCCK; any chroma subsampling.
struct JPEGDecoder {
  let limits: ImageLimits

  /// Huffman coding spends a bit or more on each 8 x 8 block of a component, and some component has a quarter
  /// of the picture's blocks or more: 256 pixels, taken as one byte each, from one bit.
  private static let bestRatio = 8 * 256
  /// A warning is an error (truncated data only warns) but for those that `JPEGRepair` knows, and after 500 scans the decoder gives up.
  private static let flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS

  func decode(_ file: EncodedImage) throws(ImageError) -> PixelImage {
    var file = file, remarks: [String] = [], repairs = 0
    while true {
      do throws(ImageError) {
        var image = try decodeStrictly(file)
        image.remark = remarks.isEmpty ? nil : "\(file.name.displayed): " + remarks.joined(separator: ", ")
        return image
      } catch {
        guard case .malformed(_, _, let reason) = error, repairs < JPEGRepair.most,
          let repair = JPEGRepair(file.bytes, warning: reason)
        else { throw error }
        if remarks.last != repair.remark { remarks.append(repair.remark) }
        repairs += 1
        file = EncodedImage(name: file.name, bytes: repair.bytes)
      }
    }
  }

  private func decodeStrictly(_ file: EncodedImage) throws(ImageError) -> PixelImage {
    guard let decoder = unsafe tjInitDecompress() else {
      throw .malformed(file: file.name, format: .jpeg, reason: "the decoder cannot start")
    }
    defer { unsafe tjDestroy(decoder) }
    return try unsafe file.bytes.withUnsafeBufferPointer { (source) throws(ImageError) in
      let header = try unsafe header(of: source, decoder, file)
      try limits.check(
        file, width: header.width, height: header.height, bitsPerPixel: 8, bestRatio: Self.bestRatio)
      var samples: [UInt8] = []
      let format = header.isCMYK ? TJPF_CMYK : TJPF_RGB
      let count = header.width * header.height * (header.isCMYK ? 4 : 3)
      guard unsafe Self.decodeSamples(decoder, source, format, count: count, into: &samples) == 0 else {
        throw unsafe Self.failure(decoder, file)
      }
      return PixelImage(
        width: header.width, height: header.height, rgb: header.isCMYK ? Self.rgb(fromInverted: samples) : samples)
    }
  }

  private typealias Header = (width: Int, height: Int, isCMYK: Bool)

  /// Reads the picture's size and kind. The call also fails for sampling factors that have no name, having set
  /// size and kind; such pictures decode all the same, so the values are judged and not the status.
  private func header(
    of source: UnsafeBufferPointer<UInt8>, _ decoder: tjhandle, _ file: EncodedImage
  ) throws(ImageError) -> Header {
    var (width, height, subsampling, colorspace): (CInt, CInt, CInt, CInt) = (0, 0, -1, -1)
    _ = unsafe tjDecompressHeader3(
      decoder, source.baseAddress, UInt(source.count), &width, &height, &subsampling, &colorspace)
    guard width > 0, height > 0, colorspace >= 0 else { throw unsafe Self.failure(decoder, file) }
    let isCMYK = [TJCS_CMYK.rawValue, TJCS_YCCK.rawValue].contains(UInt32(colorspace))
    return (Int(width), Int(height), isCMYK)
  }

  /// Fills `samples` with `count` bytes of the picture and returns 0, or -1 if anything at all is wrong.
  private static func decodeSamples(
    _ decoder: tjhandle, _ source: UnsafeBufferPointer<UInt8>, _ format: TJPF, count: Int,
    into samples: inout [UInt8]
  ) -> CInt {
    var status: CInt = 0
    unsafe samples = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // Width, pitch and height of 0 stand for the picture's own.
      unsafe status = tjDecompress2(
        decoder, source.baseAddress, UInt(source.count), buffer.baseAddress, 0, 0, 0, CInt(format.rawValue), flags)
      initializedCount = status == 0 ? count : 0
    }
    return status
  }

  /// RGB from inverted CMYK, `cmyk2rgb` of Pillow's `libImaging/Convert.c` after its raw mode `CMYK;I`.
  ///
  /// Pillow takes every 4-component JPEG as inverted, as Adobe writes them.
  private static func rgb(fromInverted samples: [UInt8]) -> [UInt8] {
    var rgb: [UInt8] = []
    rgb.reserveCapacity(samples.count / 4 * 3)
    for pixel in stride(from: 0, to: samples.count, by: 4) {
      let light = Int(samples[pixel + 3])
      for ink in pixel..<pixel + 3 {
        let product = (255 - Int(samples[ink])) * light + 128
        rgb.append(UInt8(clamping: light - (product + product >> 8) >> 8))
      }
    }
    return rgb
  }

  private static func failure(_ decoder: tjhandle, _ file: EncodedImage) -> ImageError {
    .malformed(file: file.name, format: .jpeg, reason: unsafe String(cString: tjGetErrorStr2(decoder)))
  }
}
