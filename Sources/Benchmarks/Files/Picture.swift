// A row's pictures: as bytes in the cell, or as names of files.

/// A picture of a row.
public enum Picture: Sendable, Equatable {
  /// A whole PNG or JPEG file, byte for byte as the benchmark has it.
  case bytes([UInt8])
  /// A file: absolute, or relative to the directory of the benchmark file or the one its user names.
  case path(String)
}

extension Picture {
  /// Longest picture cell that is a reference to another row; a picture file in base64 is longer.
  static let longestReference = 64

  /// Pictures of a picture cell that is no reference: base64, or a list of it in Python's or JSON's syntax.
  static func decode(cell: [UInt8]) throws(BenchmarkError.RowFault) -> [Picture] {
    let text = cell.trimmed
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else { return [try picture(base64: text)] }
    var pictures: [Picture] = []
    for element in try list(Array(text)) { pictures.append(try picture(base64: ArraySlice(element.utf8))) }
    return pictures
  }

  /// Pictures of an `image_path` cell: one path, or a list of them.
  static func paths(cell: String) throws(BenchmarkError.RowFault) -> [Picture] {
    guard cell.utf8.first == UInt8(ascii: "["), cell.utf8.last == UInt8(ascii: "]"), cell.utf8.count > 1 else {
      return [.path(cell)]
    }
    return try list(Array(cell.utf8)).map(Picture.path)
  }

  private static func picture(base64 text: ArraySlice<UInt8>) throws(BenchmarkError.RowFault) -> Picture {
    do {
      return .bytes(try Base64.decode(text))
    } catch {
      throw .notBase64(error)
    }
  }

  private static func list(_ text: [UInt8]) throws(BenchmarkError.RowFault) -> [String] {
    let literal: PythonLiteral
    do {
      literal = try PythonLiteral(parsing: text)
    } catch {
      throw .notALiteral(error.description)
    }
    guard let texts = literal.texts else { throw .notALiteral("expected a list of strings") }
    return texts
  }
}

extension Collection<UInt8> where SubSequence == ArraySlice<UInt8> {
  /// Without ASCII white space at both ends.
  var trimmed: ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    var slice = self[startIndex..<endIndex]
    while let first = slice.first, isSpace(first) { slice.removeFirst() }
    while let last = slice.last, isSpace(last) { slice.removeLast() }
    return slice
  }
}
