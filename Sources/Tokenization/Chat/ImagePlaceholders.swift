// `<image>` in a prompt, and the tokens it becomes. Follows `chat` of OpenGVLab/InternVL's modeling_internvl_chat.py.

/// The placeholder for an image in what users write.
package enum ImagePlaceholders {
  static let placeholder = "<image>"
  static let begin = "<img>"
  static let context = "<IMG_CONTEXT>"
  static let end = "</img>"

  /// Puts one placeholder line for each image before a text that has none.
  package static func prefixed(_ text: String, imageCount: Int) -> String {
    count(in: text) > 0 ? text : String(repeating: placeholder + "\n", count: imageCount) + text
  }

  /// Number of placeholders, also where a user wrote one by hand.
  package static func count(in text: String) -> Int { split(text).count - 1 }

  /// Replaces the placeholders in order, image by image, with `<img>`, `<IMG_CONTEXT>` repeated, and `</img>`.
  /// - Parameter keepsRest: Whether placeholders behind those of all images stay as they are written.
  /// - Throws: `ChatTemplateError` if there are not as many placeholders as images, or fewer where the rest may stay.
  package static func expanded(
    _ prompt: String, tokenCounts: [Int], keepsRest: Bool = false
  ) throws(ChatTemplateError) -> String {
    if let index = tokenCounts.firstIndex(where: { $0 < 1 }) {
      throw .emptyImage(index: index, tokenCount: tokenCounts[index])
    }
    let parts = split(prompt)
    let places = parts.count - 1
    guard places == tokenCounts.count || (keepsRest && places > tokenCounts.count) else {
      throw .placeholderCount(expected: tokenCounts.count, found: places)
    }
    var result = parts[0]
    for (count, part) in zip(tokenCounts, parts.dropFirst()) {
      result += begin + String(repeating: context, count: count) + end + part
    }
    return ([result] + parts.dropFirst(tokenCounts.count + 1)).joined(separator: placeholder)
  }

  /// The text between placeholders. Compares scalars: as `Character`, a `>` with a combining mark is not a `>`.
  private static func split(_ text: String) -> [String] {
    let wanted = Array(placeholder.unicodeScalars)
    let scalars = Array(text.unicodeScalars)
    var parts: [String] = []
    var (start, index) = (0, 0)
    while index < scalars.count {
      guard scalars[index...].starts(with: wanted) else {
        index += 1
        continue
      }
      parts.append(string(scalars[start..<index]))
      index += wanted.count
      start = index
    }
    return parts + [string(scalars[start...])]
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
