// Base64 (RFC 4648) as benchmark files hold pictures: standard alphabet, perhaps with white space.

/// What is wrong with base64 text.
public enum Base64Fault: Error, Sendable, Equatable, CustomStringConvertible {
  /// A byte that is neither of the alphabet nor white space, or something behind the padding.
  case unexpectedByte(offset: Int)
  /// The text stops in the middle of a group of four.
  case cut

  /// One line for people.
  public var description: String {
    switch self {
    case .unexpectedByte(let offset): "not base64: unexpected byte at \(offset) of the cell"
    case .cut: "base64 ends in the middle of a group; the picture was cut, get the file again"
    }
  }
}

enum Base64 {
  /// Decodes `text`. ASCII white space is dropped; padding must be there; bits of the last character that no
  /// byte needs are ignored, as other decoders do.
  static func decode(_ text: some Collection<UInt8>) throws(Base64Fault) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0, filled = 0, padding = 0
    for (offset, byte) in text.enumerated() {
      let digit = values[Int(byte)]
      switch digit {
      case 0..<64 where padding == 0: group = group << 6 | UInt32(digit)
      case pad where filled >= 2: (group, padding) = (group << 6, padding + 1)
      case space: continue
      default: throw .unexpectedByte(offset: offset)
      }
      filled += 1
      if filled == 4 {
        bytes.append(UInt8(truncatingIfNeeded: group >> 16))
        if padding < 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
        if padding < 1 { bytes.append(UInt8(truncatingIfNeeded: group)) }
        (group, filled) = (0, 0)
      }
    }
    guard filled == 0 else { throw .cut }
    return bytes
  }

  private static let pad: UInt8 = 64, space: UInt8 = 65, other: UInt8 = 66

  /// The value of each byte as a digit, or what else it is.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: other, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, byte) in alphabet.utf8.enumerated() { values[Int(byte)] = UInt8(value) }
    values[Int(UInt8(ascii: "="))] = pad
    for byte: UInt8 in [0x20, 0x09, 0x0A, 0x0D, 0x0C, 0x0B] { values[Int(byte)] = space }
    return values
  }()
}
