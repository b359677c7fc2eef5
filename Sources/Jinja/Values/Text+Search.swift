// Finding one text in another, in time linear in both: the texts are a stranger's.

/// A text to look for, by Knuth, Morris and Pratt.
struct TextPattern {
  private let needle: [Unicode.Scalar]
  /// For each prefix, the length of its longest border: where to go on after a mismatch.
  private let borders: [Int]

  init(_ text: Text) { self.init(text.scalars) }

  private init(_ needle: [Unicode.Scalar]) {
    var borders = [0]
    var length = 0
    for index in needle.indices.dropFirst() {
      while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      borders.append(length)
    }
    self.needle = needle
    self.borders = borders
  }

  /// Where it stands first in `scalars[range]`.
  func first(in scalars: [Unicode.Scalar], _ range: Range<Int>) -> Int? {
    guard !needle.isEmpty else { return range.lowerBound }
    var matched = 0
    for index in range {
      while matched > 0, scalars[index] != needle[matched] { matched = borders[matched - 1] }
      if scalars[index] == needle[matched] { matched += 1 }
      if matched == needle.count { return index + 1 - needle.count }
    }
    return nil
  }

  /// Where it stands last in `scalars[range]`.
  func last(in scalars: [Unicode.Scalar], _ range: Range<Int>) -> Int? {
    let mirrored = TextPattern(Array(needle.reversed())).first(in: scalars[range].reversed(), 0..<range.count)
    return mirrored.map { range.upperBound - $0 - needle.count }
  }

  /// Where it stands in `scalars[range]`, from the left, without overlap; the first `limit`. It is not empty.
  func all(in scalars: [Unicode.Scalar], _ range: Range<Int>, limit: Int = .max) -> [Int] {
    var starts: [Int] = []
    var position = range.lowerBound
    while starts.count < limit, let start = first(in: scalars, position..<range.upperBound) {
      starts.append(start)
      position = start + needle.count
    }
    return starts
  }
}

extension Text {
  /// Where `other` occurs in it without overlap, as Python's `count` counts it.
  func count(of other: Text, in range: Range<Int>) -> Int {
    other.isEmpty ? range.count + 1 : TextPattern(other).all(in: scalars, range).count
  }

  func contains(_ other: Text) -> Bool { TextPattern(other).first(in: scalars, scalars.indices) != nil }

  /// The first `limit` occurrences of `old` replaced. An empty one stands before each scalar and at the end.
  func replacing(_ old: Text, with new: Text, limit: Int) -> Text {
    var result: [Unicode.Scalar] = []
    if old.isEmpty {
      for (index, scalar) in scalars.enumerated() {
        if index < limit { result += new.scalars }
        result.append(scalar)
      }
      if count < limit { result += new.scalars }
      return replacing(result)
    }
    var position = 0
    for start in TextPattern(old).all(in: scalars, scalars.indices, limit: limit) {
      result += scalars[position..<start]
      result += new.scalars
      position = start + old.count
    }
    result += scalars[position...]
    return replacing(result)
  }

  /// Where the pieces between the first `limit` occurrences of `separator` are, which is not empty.
  func split(at separator: Text, limit: Int) -> [Range<Int>] {
    pieces(between: TextPattern(separator).all(in: scalars, scalars.indices, limit: limit), separator.count)
  }

  /// Where the pieces between the last `limit` occurrences of `separator` are, which is not empty.
  func splitFromRight(at separator: Text, limit: Int) -> [Range<Int>] {
    let mirrored = TextPattern(Text(separator.scalars.reversed()))
    let starts = mirrored.all(in: scalars.reversed(), scalars.indices, limit: limit)
    return pieces(between: starts.reversed().map { count - $0 - separator.count }, separator.count)
  }

  private func pieces(between starts: [Int], _ width: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var position = 0
    for start in starts {
      pieces.append(position..<start)
      position = start + width
    }
    return pieces + [position..<count]
  }

  subscript(range: Range<Int>) -> Text { replacing(scalars[range]) }
}
