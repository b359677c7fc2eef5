// Whether the scans of a JPEG file hold the whole picture (ITU-T T.81, B.2): a file that ends between two scans decodes
// without a warning to a blurred or colourless one.

enum JPEGScans {
  /// Coefficients of a block.
  private static let coefficients = 64

  /// Whether every coefficient of every component is there to its last bit. Files that are no JPEG are not whole.
  static func areComplete(_ bytes: [UInt8]) -> Bool {
    // Of each component by its number: bits that are still to come of each coefficient.
    var missing: [UInt8: [UInt8]] = [:]
    var isProgressive = false, position = 2
    while let segment = segment(of: bytes, at: position) {
      let body = bytes[segment.body]
      switch segment.marker {
      case 0xC0, 0xC1, 0xC2:
        isProgressive = segment.marker == 0xC2
        guard body.count >= 6 else { return false }
        for index in 0..<Int(body[body.startIndex + 5]) where body.count >= 9 + 3 * index {
          missing[body[body.startIndex + 6 + 3 * index]] = [UInt8](repeating: .max, count: coefficients)
        }
      case 0xDA:
        guard let first = body.first, body.count >= 4 + 2 * Int(first) else { return false }
        let tail = body.startIndex + 1 + 2 * Int(first)
        let band = isProgressive ? Int(body[tail])...max(Int(body[tail]), Int(body[tail + 1])) : 0...coefficients - 1
        let bits = isProgressive ? body[tail + 2] & 15 : 0
        guard band.upperBound < coefficients else { return false }
        for index in 0..<Int(first) {
          for place in band { missing[body[body.startIndex + 1 + 2 * index]]?[place] = bits }
        }
      default: break
      }
      position = segment.marker == 0xDA ? marker(of: bytes, from: segment.body.upperBound) : segment.body.upperBound
    }
    return !missing.isEmpty && missing.values.allSatisfy { $0.allSatisfy { $0 == 0 } }
  }

  /// The segment whose marker stands at `position`, or behind fill bytes there; nil at the end of the picture.
  private static func segment(of bytes: [UInt8], at position: Int) -> (marker: UInt8, body: Range<Int>)? {
    var place = position
    while place + 1 < bytes.count, bytes[place] == 0xFF, bytes[place + 1] == 0xFF { place += 1 }
    guard place + 3 < bytes.count, bytes[place] == 0xFF, bytes[place + 1] != 0xD9 else { return nil }
    let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
    guard length >= 2, place + 2 + length <= bytes.count else { return nil }
    return (bytes[place + 1], place + 4..<place + 2 + length)
  }

  /// Where the coded data from `position` on ends: at the next marker that stands for none of it.
  private static func marker(of bytes: [UInt8], from position: Int) -> Int {
    var place = position
    while place + 1 < bytes.count {
      let next = bytes[place + 1]
      if bytes[place] == 0xFF, next != 0, next != 0xFF, !(0xD0...0xD7).contains(next) { return place }
      place += 1
    }
    return bytes.count
  }
}
