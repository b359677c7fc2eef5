// JPEG files about which libjpeg only warns, and that every other program shows: cameras and old programs write them.
//
// The warning is taken away, not ignored: the file is mended where the warning says, and decoded once more by a decoder that
// takes any other warning for an error. Pixels are those that Pillow has. Bytes that belong to nothing may also be what
// damaged data has left over, which no decoder can tell; so the user is told of every mended file.

/// A file that is the same picture without what libjpeg warned of.
struct JPEGRepair {
  /// The mended file.
  let bytes: [UInt8]
  /// What was wrong with it, for people.
  let remark: String

  /// How often a file is mended.
  static let most = 4

  private static let markerStart: UInt8 = 0xFF
  private static let endOfImage: UInt8 = 0xD9

  /// What mends a file of which libjpeg warns in these words (`jerror.h`); nil for a warning that may concern pixels.
  init?(_ bytes: [UInt8], warning: String) {
    if let found = warning.firstMatch(of: /Corrupt JPEG data: ([0-9]+) extraneous bytes before marker 0x([0-9a-f]+)/),
      let count = Int(found.1), let marker = UInt8(found.2, radix: 16),
      let mended = Self.without(count, before: marker, in: bytes)
    {
      // How many there are is not told: the decoder has swallowed some before it looks for the marker.
      self.init(bytes: mended, remark: "bytes before marker 0x\(found.2) that belong to nothing")
    } else if warning.contains("Premature end of JPEG file"), JPEGScans.areComplete(bytes) {
      self.init(bytes: bytes + [Self.markerStart, Self.endOfImage], remark: "no end marker after the last row")
    } else if warning.contains("unknown JFIF revision"), let mended = Self.withKnownRevision(bytes) {
      self.init(bytes: mended, remark: "an unknown JFIF revision")
    } else {
      return nil
    }
  }

  private init(bytes: [UInt8], remark: String) {
    self.bytes = bytes
    self.remark = remark
  }

  /// The file without `count` bytes before the last marker of this kind.
  private static func without(_ count: Int, before marker: UInt8, in bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 2,
      let place = (0..<bytes.count - 1).last(where: { bytes[$0] == markerStart && bytes[$0 + 1] == marker }),
      place >= count
    else { return nil }
    return Array(bytes[..<(place - count)] + bytes[place...])
  }

  /// The file with revision 1.1 in its JFIF segment, where that says another one.
  private static func withKnownRevision(_ bytes: [UInt8]) -> [UInt8]? {
    let name = Array("JFIF\0".utf8), limit = min(bytes.count, 64) - name.count - 2
    guard limit > 0, let place = (0..<limit).first(where: { bytes[$0...].starts(with: name) }) else { return nil }
    var mended = bytes
    mended[place + name.count] = 1
    mended[place + name.count + 1] = 1
    return mended
  }
}
