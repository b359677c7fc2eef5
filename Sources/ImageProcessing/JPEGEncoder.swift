// JPEG by libjpeg-turbo, for pictures that people look at. No model reads what is written here.
internal import CTurboJPEG

/// Writes small pictures for pages.
public enum JPEGEncoder {
  private static let quality: CInt = 82

  /// `image` as a JPEG file; nil if the encoder fails.
  public static func encode(_ image: PixelImage) -> [UInt8]? {
    guard let encoder = unsafe tjInitCompress() else { return nil }
    defer { unsafe tjDestroy(encoder) }
    var buffer: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    defer { unsafe tjFree(buffer) }
    let status = unsafe image.rgb.withUnsafeBufferPointer { pixels in
      // A pitch of 0 stands for rows without a gap.
      unsafe tjCompress2(
        encoder, pixels.baseAddress, CInt(image.width), 0, CInt(image.height), CInt(TJPF_RGB.rawValue), &buffer, &size,
        CInt(TJSAMP_420.rawValue), quality, 0)
    }
    guard status == 0, let start = unsafe buffer else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(size)))
  }
}
