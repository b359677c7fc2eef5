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

  /// Where the runs without whitespace are; after `limit` splits the rest, with the whitespace at its end.
  func splitAtWhitespace(limit: Int) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var position = 0
    while true {
      while position < count, scalars[position].isSpace { position += 1 }
      guard position < count else { return words }
      let start = position
      if words.count == limit { return words + [start..<count] }
      while position < count, !scalars[position].isSpace { position += 1 }
      words.append(start..<position)
    }
  }

  /// The same from the right: after `limit` splits the rest, with the whitespace at its beginning.
  func splitAtWhitespaceFromRight(limit: Int) -> [Range<Int>] {
    Text(scalars.reversed()).splitAtWhitespace(limit: limit).reversed()
      .map { count - $0.upperBound..<count - $0.lowerBound }
  }

  /// Where the lines are, which end at any of Python's line boundaries.
  func lines(keepingEnds: Bool = false) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    var position = 0
    while position < count {
      let end = position
      position += 1
      guard scalars[end].isLineBoundary else { continue }
      if scalars[end] == "\r", position < count, scalars[position] == "\n" { position += 1 }
      lines.append(start..<(keepingEnds ? position : end))
      start = position
    }
    return start < count ? lines + [start..<count] : lines
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
