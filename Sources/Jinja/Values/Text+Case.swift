// Upper, lower and title case as Python has them: full Unicode mappings, and the final sigma.

extension Text {
  var uppercased: Text { replacing(scalars.flatMap { $0.properties.uppercaseMapping.unicodeScalars }) }

  var lowercased: Text { replacing(scalars.indices.flatMap { lowercaseMapping(at: $0) }) }

  /// The first scalar in title case, the rest in lower case.
  var capitalized: Text {
    replacing(scalars.indices.flatMap { $0 == 0 ? titlecaseMapping(at: 0) : lowercaseMapping(at: $0) })
  }

  /// Letters after a letter in lower case, other letters in title case: the method `title`.
  var titlecased: Text {
    var result: [Unicode.Scalar] = []
    var followsLetter = false
    for index in scalars.indices {
      result += followsLetter ? lowercaseMapping(at: index) : titlecaseMapping(at: index)
      followsLetter = scalars[index].properties.isCased
    }
    return replacing(result)
  }

  /// The filter `title`: words begin after whitespace, a hyphen or an opening bracket.
  var wordsCapitalized: Text {
    var result: [Unicode.Scalar] = []
    var position = 0
    while position < count {
      let isSeparator = scalars[position].beginsWords
      let end = scalars[position...].firstIndex { $0.beginsWords != isSeparator } ?? count
      result += Text([scalars[position]]).uppercased.scalars
      result += Text(scalars[(position + 1)..<end]).lowercased.scalars
      position = end
    }
    return Text(result)
  }

  /// Whether there are cased letters, and none of them is in upper or title case.
  var isLowercase: Bool {
    scalars.contains { $0.properties.isLowercase }
      && !scalars.contains { $0.properties.isUppercase || $0.properties.generalCategory == .titlecaseLetter }
  }

  /// Whether there are cased letters, and none of them is in lower or title case.
  var isUppercase: Bool {
    scalars.contains { $0.properties.isUppercase }
      && !scalars.contains { $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter }
  }

  private func titlecaseMapping(at index: Int) -> [Unicode.Scalar] {
    Array(scalars[index].properties.titlecaseMapping.unicodeScalars)
  }

  private func lowercaseMapping(at index: Int) -> [Unicode.Scalar] {
    if scalars[index] == "Σ" { return [isFinal(at: index) ? "ς" : "σ"] }
    return Array(scalars[index].properties.lowercaseMapping.unicodeScalars)
  }

  /// Whether the letter at `index` ends a word: a cased letter before it and none after it, marks left aside.
  private func isFinal(at index: Int) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && after?.properties.isCased != true
  }
}

extension Unicode.Scalar {
  /// Whether the filter `title` begins a word behind it: `[-\s({\[<]`.
  fileprivate var beginsWords: Bool {
    switch self {
    case "-", "(", "{", "[", "<": true
    default: isSpace
    }
  }
}
