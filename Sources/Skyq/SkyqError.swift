// What is wrong with a .skyq file: code, file, part, place; and why one cannot be written.
// The codes are those of Formats/skyq.md §9, in the order in which a reader checks.
public import Basics

/// Which rule of the format a file breaks. Raw values are the codes of the specification and never change.
public enum SkyqErrorCode: String, Sendable, CaseIterable {
  case tooShort = "E001"
  case unknownMagic = "E002"
  case unsealed = "E003"
  case unknownMajorVersion = "E004"
  case superblockChecksum = "E005"
  case unknownIncompatFlag = "E006"
  case structureSize = "E007"
  case fileSize = "E008"
  case alignment = "E009"
  case tooManyEntries = "E010"
  case frontLayout = "E011"
  case indexDigest = "E012"
  case reservedBytes = "E013"
  case namePlacement = "E014"
  case nameBytes = "E015"
  case duplicateName = "E016"
  case sectionName = "E017"
  case sectionFlags = "E018"
  case unknownCriticalSection = "E019"
  case sectionSize = "E020"
  case sectionPlacement = "E021"
  case dimensions = "E022"
  case elementCount = "E023"
  case encodingParameters = "E024"
  case planeSize = "E025"
  case planePlacement = "E026"
  case dataEnd = "E027"
  case parameterCount = "E028"
  case contentID = "E029"
  case sectionChecksum = "E030"
  case zstdFrame = "E031"
  case sectionDigest = "E032"
  case planeChecksum = "E033"
  case tensorDigest = "E034"
  case padding = "E035"
  case value = "E036"
  case canonicalJSON = "E037"
  case unknownEncoding = "E038"
  case notInFile = "E039"

  /// Unsupported (exit code 69) for what a newer reader could open, else malformed (65).
  public var category: FailureCategory {
    switch self {
    case .unknownMajorVersion, .unknownIncompatFlag, .unknownCriticalSection, .unknownEncoding: .unsupported
    case .tooShort, .unknownMagic, .unsealed, .superblockChecksum, .structureSize, .fileSize, .alignment,
      .tooManyEntries, .frontLayout, .indexDigest, .reservedBytes, .namePlacement, .nameBytes, .duplicateName,
      .sectionName, .sectionFlags, .sectionSize, .sectionPlacement, .dimensions, .elementCount, .encodingParameters,
      .planeSize, .planePlacement, .dataEnd, .parameterCount, .contentID, .sectionChecksum, .zstdFrame,
      .sectionDigest, .planeChecksum, .tensorDigest, .padding, .value, .canonicalJSON, .notInFile:
      .malformedInput
    }
  }
}

/// A part of a file that an error is about.
public enum SkyqPart: Sendable, Hashable, CustomStringConvertible {
  case tensor(String)
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

/// A run that cannot be resumed.
public enum SkyqWriterError: CategorizedError, Equatable {
  /// What an earlier run left belongs to another plan: other tensors, sections or alignment.
  case otherPlan(path: String)

  public var category: FailureCategory { .cannotCreateOutput }

  public var description: String {
    switch self {
    case .otherPlan(let path):
      "\(path.displayed): the stopped run had other inputs or another version of skyquant; give the same ones, or start "
        + "again with --force"
    }
  }
}
