// Unicode normalization form C, which Qwen2 tokenizers apply to text before they split it.

// The standard library normalizes without ICU, which Foundation would bring along, but exports it only to the
// toolchain's own modules. UnicodeTests compares it with Hugging Face's over all of Unicode. The latter's tables are
// of Unicode 9: compositions added later, in scripts such as Dives Akuru, are left undone there.
@_spi(_Unicode) import Swift

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
