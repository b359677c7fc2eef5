// The codes of Formats/skyq.md §9, in the order in which a reader checks.
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
    default: .malformedInput
    }
  }
}
