// Numbers and lists of them out of an answer.

/// Reads a number.
enum NumberReading {
  static func read(_ text: String) -> Reading? {
    let places = TextReading.candidates(in: text)
    // A box without a number is an answer without one; the last number of the text would be another thing's.
    if let place = places.first, place.step == .boxed || place.step == .tag {
      return value(of: place.content).map { reading($0, place) }
    }
    for place in places {
      let found = place.step == .line ? MathValue(place.content) ?? .last(in: place.content) : value(of: place.content)
      if let found { return reading(found, place) }
    }
    return nil
  }

  /// The value of a piece of text: of all of it, else of its only number, else of the last number of the last
  /// line.
  static func value(of text: String) -> MathValue? {
    if let value = MathValue(text) { return value }
    let literals = MathValue.literals(in: text)
    return literals.count == 1 ? literals[0] : text.filledLines.last.flatMap(MathValue.last)
  }

  /// Whether `answer` is the number `right`: whole numbers must be equal, others within 1e-6.
  static func isEqual(_ answer: String, _ right: String) -> Bool {
    guard let value = value(of: answer), let expected = MathValue(right) else { return false }
    return expected.decimals == 0 && expected.value.magnitude < 1e15 && !expected.isPercent && !value.isPercent
      ? value.value == expected.value : value.isClose(to: expected)
  }

  /// |x − y| ≤ 0.05 · |y|, y the right number.
  static func isWithinFivePercent(_ answer: String, of right: String) -> Bool {
    guard let value = value(of: answer), let expected = MathValue(right) else { return false }
    func isNear(_ x: Double, _ y: Double) -> Bool { abs(x - y) <= 0.05 * abs(y) }
    if isNear(value.value, expected.value) { return true }
    guard value.isPercent != expected.isPercent else { return false }
    return isNear(
      value.isPercent ? 100 * value.value : value.value, expected.isPercent ? 100 * expected.value : expected.value)
  }

  private static func reading(_ value: MathValue, _ place: (content: String, step: ExtractionStep)) -> Reading {
    Reading(answer: value.canonical, step: place.step, source: place.content)
  }
}

/// Reads a list.
enum ListReading {
  static func read(_ text: String) -> Reading? {
    for candidate in TextReading.candidates(in: text) {
      guard let elements = elements(of: candidate.content) else { continue }
      let answer = "[" + elements.map(canonical).joined(separator: ", ") + "]"
      return Reading(answer: answer, step: candidate.step, source: candidate.content)
    }
    return nil
  }

  static func isEqual(_ answer: String, _ right: [String]) -> Bool {
    guard let elements = elements(of: answer), elements.count == right.count else { return false }
    return zip(elements, right).allSatisfy { canonical($0) == canonical($1) || NumberReading.isEqual($0, $1) }
  }

  /// What stands in the last pair of brackets, between commas; nil without brackets.
  private static func elements(of text: String) -> [String]? {
    guard let inner = text.behindLast("["), inner.contains(exactly: "]") else { return nil }
    return inner.components(separatedBy: "]")[0].components(separatedBy: ",").map {
      MarkedAnswer.unwrapped($0.replacing(exactly: "'", with: ""))
    }
  }

  private static func canonical(_ text: String) -> String {
    MathValue(text)?.canonical ?? TextReading.normalized(text)
  }
}

extension MathValue {
  /// The fewest digits that give the value back; whole numbers without a point.
  fileprivate var canonical: String {
    Int(exactly: value).map { String($0) } ?? "\(value)"
  }
}
