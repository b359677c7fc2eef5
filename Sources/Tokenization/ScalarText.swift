// Text as scalars with the classes that pre-tokenizer patterns tell apart.

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
