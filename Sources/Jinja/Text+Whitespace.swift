// Trimming, and splitting at whitespace and line ends, as Python does.

extension Text {
  /// Which ends lose characters.
  enum Ends { case left, right, both }

  /// The text without whitespace, or without any of `characters`, at its ends.
  func stripped(_ ends: Ends = .both, of characters: Text? = nil) -> Text {
    let set = characters.map { Set($0.scalars) }
    let isKept = { (scalar: Unicode.Scalar) in set.map { !$0.contains(scalar) } ?? !scalar.isSpace }
    var range = scalars.indices
    if ends != .right { range = (scalars.firstIndex(where: isKept) ?? range.upperBound)..<range.upperBound }
    if ends != .left {
      range = range.lowerBound..<max(range.lowerBound, (scalars.lastIndex(where: isKept) ?? -1) + 1)
    }
    return replacing(scalars[range])
  }

  /// The runs without whitespace; after `limit` splits the rest, with the whitespace at its end.
  func splitAtWhitespace(limit: Int) -> [Text] {
    var words: [Text] = []
    var position = 0
    while true {
      while position < count, scalars[position].isSpace { position += 1 }
      guard position < count else { return words }
      let start = position
      if words.count == limit { return words + [replacing(scalars[start...])] }
      while position < count, !scalars[position].isSpace { position += 1 }
      words.append(replacing(scalars[start..<position]))
    }
  }

  /// The same from the right: after `limit` splits the rest, with the whitespace at its beginning.
  func splitAtWhitespaceFromRight(limit: Int) -> [Text] {
    Text(scalars.reversed(), isSafe: isSafe).splitAtWhitespace(limit: limit).reversed()
      .map { $0.replacing($0.scalars.reversed()) }
  }

  /// The lines, which end at any of Python's line boundaries.
  func lines(keepingEnds: Bool = false) -> [Text] {
    var lines: [Text] = []
    var start = 0
    var position = 0
    while position < count {
      let end = position
      position += 1
      guard scalars[end].isLineBoundary else { continue }
      if scalars[end] == "\r", position < count, scalars[position] == "\n" { position += 1 }
      lines.append(replacing(scalars[start..<(keepingEnds ? position : end)]))
      start = position
    }
    if start < count { lines.append(replacing(scalars[start...])) }
    return lines
  }
}

extension Unicode.Scalar {
  /// Whether `str.splitlines` ends a line here.
  fileprivate var isLineBoundary: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}
