// What is wrong with a .skyq file: code, file, part, place.
public import Basics

/// A part of a file that an error is about.
public enum SkyqPart: Sendable, Hashable, CustomStringConvertible {
  /// The tensor of this name.
  case tensor(String)
  /// The section of this type and name.
  case section(type: String, name: String)
  /// The tensor at this index of the table, whose name is not known to be readable.
  case tensorEntry(Int)
  /// The section at this index of the table, whose name is not known to be readable.
  case sectionEntry(Int)

  /// `tensor "a.weight"`, with control and direction characters escaped.
  public var description: String {
    switch self {
    case .tensor(let name): "tensor \"\(name.displayed)\""
    case .section(let type, let name): "section \(type.displayed) \"\(name.displayed)\""
    case .tensorEntry(let index): "tensor entry \(index)"
    case .sectionEntry(let index): "section entry \(index)"
    }
  }
}

/// A file breaks a rule of the format (Formats/skyq.md), or was asked for something it does not hold.
public struct SkyqError: CategorizedError, Equatable {
  /// The rule.
  public let code: SkyqErrorCode
  /// What was expected and found, and what to do if that helps.
  public let detail: String
  /// The tensor or section, if the error is about one.
  public private(set) var part: SkyqPart?
  /// Offset in the file, if the error has a place.
  public let offset: Int?
  /// The file; empty while the error travels from code that sees bytes to code that knows the file.
  public private(set) var file: String

  init(_ code: SkyqErrorCode, _ detail: String, part: SkyqPart? = nil, offset: Int? = nil) {
    self.code = code
    self.detail = detail
    self.part = part
    self.offset = offset
    file = ""
  }

  /// The same error, in `file`.
  func inFile(_ file: String) -> SkyqError {
    var error = self
    error.file = file
    return error
  }

  /// The same error, about `part`.
  func about(_ part: SkyqPart) -> SkyqError {
    var error = self
    error.part = part
    return error
  }

  /// Whether the file is malformed, or needs a newer reader.
  public var category: FailureCategory { code.category }

  /// One line: `model.skyq: what (tensor "a", offset 8192) [E033]`.
  public var description: String {
    let place = [part?.description, offset.map { "offset \($0)" }].compactMap(\.self).joined(separator: ", ")
    let prefix = file.isEmpty ? "" : file.displayed + ": "
    return prefix + detail + (place.isEmpty ? "" : " (\(place))") + " [\(code.rawValue)]"
  }
}
