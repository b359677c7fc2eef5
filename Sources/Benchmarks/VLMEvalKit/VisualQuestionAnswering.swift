// VLMEvalKit's rules for yes and no, for letters in boxes, and for numbers near enough.

enum VisualQuestionAnswering {
  /// `Yes` or `No` if only that word occurs, else `Unknown`.
  static func yesOrNo(_ text: String) -> String {
    let words = withoutPunctuation(text.lowercased()).pythonWords
    switch (words.contains("yes"), words.contains("no")) {
    case (true, false): return "Yes"
    case (false, true): return "No"
    default: return "Unknown"
    }
  }

  /// Punctuation as the VQA benchmark takes it off. A mark goes if it stands next to a blank anywhere or a
  /// comma stands between digits anywhere, else it becomes a blank; full stops outside numbers go, 32 of them
  /// at most.
  static func withoutPunctuation(_ text: String) -> String {
    var result = text
    let scalars = Array(text.unicodeScalars)
    let hasThousands = scalars.indices.dropFirst().dropLast().contains {
      scalars[$0] == "," && scalars[$0 - 1].isPythonDigit && scalars[$0 + 1].isPythonDigit
    }
    for mark in marks {
      let goes = hasThousands || text.contains(exactly: mark + " ") || text.contains(exactly: " " + mark)
      result = result.replacing(exactly: mark, with: goes ? "" : " ")
    }
    return withoutFullStops(Array(result.unicodeScalars))
  }

  private static func withoutFullStops(_ scalars: [Unicode.Scalar]) -> String {
    var kept = String.UnicodeScalarView()
    var removed = 0
    for (position, scalar) in scalars.enumerated() {
      let isInNumber =
        (position > 0 && scalars[position - 1].isPythonDigit)
        || (position + 1 < scalars.count && scalars[position + 1].isPythonDigit)
      if scalar == ".", !isInNumber, removed < 32 { removed += 1 } else { kept.append(scalar) }
    }
    return String(kept)
  }

  private static let marks = [
    ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!",
  ]
}

/// VisuLogic's letters.
enum BoxedLetter {
  private static let letters = ["A", "B", "C", "D"]

  /// The letter, or `Z`.
  static func letter(in text: String) -> String {
    let boxed = lastBox(text).pythonStripped
    if letters.contains(boxed) { return boxed }
    let stated = stated(text)
    return letters.contains(stated) ? stated : "Z"
  }

  /// The content of the last outermost box; the whole text if there is none or it is no letter.
  private static func lastBox(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars), opening = Array("\\boxed{".unicodeScalars)
    guard scalars.count >= 3 else { return text }
    var starts: [Int] = []
    var last: String?
    var position = 0
    while position < scalars.count {
      if scalars[position...].starts(with: opening) {
        position += opening.count
        starts.append(position)
      } else if scalars[position] != "\\", position + 1 < scalars.count, scalars[position + 1] == "}" {
        if let start = starts.popLast(), starts.isEmpty {
          last = String(String.UnicodeScalarView(scalars[start..<max(start, position + 1)]))
        }
        position += 2
      } else {
        position += 1
      }
    }
    guard var content = last else { return text }
    for command in ["\\text{", "\\rm{", "\\mathbf{", "$", "}"] {
      content = content.replacing(exactly: command, with: "")
    }
    let isLetter =
      !content.lowercased().contains(exactly: "letter") && !content.contains(exactly: "or")
      && content.unicodeScalars.count <= 2
    return isLetter ? content : text
  }

  private static func stated(_ text: String) -> String {
    let text = text.replacing(exactly: "<|endoftext|>", with: "")
    for letter in letters {
      let ends = [" \(letter).", " (\(letter))."], starts = ["\(letter)\n", "(\(letter))\n", "(\(letter)) \(letter)\n"]
      if ends.contains(where: text.ends(exactly:)) || starts.contains(where: { text.utf8.starts(with: $0.utf8) }) {
        return letter
      }
    }
    var lower = text.lowercased()
    for phrase in phrases where lower.contains(exactly: phrase) {
      lower = (lower.behindLast(phrase) ?? "").pythonStripped
      lower = lower.components(separatedBy: "\n")[0].components(separatedBy: ".")[0]
      if letters.contains(lower.uppercased()) { return lower.uppercased() }
    }
    return text
  }

  private static let phrases = [
    "answer:", "the final answer is:", "the answer is option:", "the answer is:", "the correct answer is option:",
    "the correct answer is:", "the answer should be:", "the final answer is", "the answer is option", "the answer is",
    "the correct answer is option", "the correct answer is", "the answer should be",
  ]
}

/// ChartQA's relaxed correctness.
enum RelaxedNumber {
  /// Within 5 % of the answer; in the older version of the prediction, where the two are swapped.
  static func isRight(_ prediction: String, _ answer: String, _ version: VLMEvalKitVersion) -> Bool {
    let (value, target) = version == .may2025 ? (answer, prediction) : (prediction, answer)
    guard let number = parsed(value), let reference = parsed(target), reference != 0 else {
      return value.lowercased().utf8.elementsEqual(target.lowercased().utf8)
    }
    return abs(number - reference) / abs(reference) <= 0.05
  }

  private static func parsed(_ text: String) -> Double? {
    guard text.utf8.last == UInt8(ascii: "%") else { return PythonFloat.value(text) }
    var plain = text
    while plain.utf8.last == UInt8(ascii: "%") { plain.removeLast() }
    return PythonFloat.value(plain).map { $0 / 100 }
  }
}
