// Text as scalars: its normal form, and the classes that pre-tokenizer patterns tell apart.
//
// Qwen2 tokenizers bring text into Unicode normalization form C before they split it. The standard library
// normalizes without ICU, which Foundation would bring along, but exports it only to the toolchain's own
// modules. UnicodeTests compares it with Hugging Face's over all of Unicode. The latter's tables are of
// Unicode 9: compositions added later, in scripts such as Dives Akuru, are left undone there.
@_spi(_Unicode) import Swift

/// What a pre-tokenizer pattern sees in a scalar.
package enum ScalarClass: UInt8, Sendable {
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `[\r\n]`
  case lineBreak
  /// The rest of `\s`
  case space
  /// Everything else: `[^\s\p{L}\p{N}]`
  case other

  /// Whether the scalar is in `\s`.
  package var isWhitespace: Bool { self == .space || self == .lineBreak }

  /// The class of a scalar.
  package init(_ scalar: Unicode.Scalar) {
    self = scalar.isASCII ? Self.ascii[Int(scalar.value)] : Self.classify(scalar)
  }

  private static let ascii: [ScalarClass] = (0..<128).map { classify(Unicode.Scalar($0)) }

  private static func classify(_ scalar: Unicode.Scalar) -> ScalarClass {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default:
      if scalar == "\r" || scalar == "\n" { .lineBreak } else { scalar.properties.isWhitespace ? .space : .other }
    }
  }
}

/// A stretch of text between added tokens.
struct ScalarText {
  let scalars: [Unicode.Scalar]
  /// One class per scalar.
  let classes: [ScalarClass]

  init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
    classes = scalars.map(ScalarClass.init)
  }

  /// The bytes of a piece.
  func utf8(_ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for scalar in scalars[range] { bytes.append(contentsOf: scalar.utf8) }
    return bytes
  }
}

/// Unicode normalization form C (canonical decomposition, then canonical composition).
enum CanonicalComposition {
  /// Below this code point every scalar is a starter that composes with nothing before it.
  private static let firstCombiningMark: UInt32 = 0x300

  /// `text` in form C.
  static func compose(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains(where: { $0.value >= firstCombiningMark }) else { return text }
    var string = String.UnicodeScalarView()
    string.append(contentsOf: text)
    return Array(String(string)._nfc)
  }
}
