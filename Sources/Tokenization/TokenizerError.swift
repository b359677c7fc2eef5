// Why the files of a tokenizer cannot be used.
public import Basics

/// Why a tokenizer cannot be made from its files. The messages say what to do.
public enum TokenizerError: CategorizedError, Equatable {
  /// Neither tokenizer.json nor the older set of files is there.
  case missingFiles
  /// A file is larger than any tokenizer is.
  case tooLarge(file: String, byteCount: Int, limit: Int)
  /// A file is not JSON, or not UTF-8.
  case malformed(file: String, reason: String)
  /// A key is missing, or has a value of the wrong kind or out of range.
  case invalid(file: String, key: String, expected: String, found: String)
  /// Two tokens have one id.
  case duplicateID(file: String, id: Int, first: String, second: String)
  /// One added token has two ids.
  case conflictingIDs(file: String, token: String, first: Int, second: Int)
  /// A well-formed tokenizer of a kind that this program does not compute.
  case unsupported(file: String, what: String, advice: String)

  public var category: FailureCategory {
    switch self {
    case .missingFiles: .missingInput
    case .tooLarge, .malformed, .invalid, .duplicateID, .conflictingIDs: .malformedInput
    case .unsupported: .unsupported
    }
  }

  public var description: String {
    switch self {
    case .missingFiles:
      "tokenizer.json not found, nor vocab.json with merges.txt; copy the tokenizer files beside the weights"
    case .tooLarge(let file, let byteCount, let limit):
      "\(file): \(byteCount) bytes; a tokenizer file has at most \(limit)"
    case .malformed(let file, let reason):
      "\(file): \(reason)"
    case .invalid(let file, let key, let expected, let found):
      "\(file): '\(key)': expected \(expected), found \(found)"
    case .duplicateID(let file, let id, let first, let second):
      "\(file): id \(id) belongs to two tokens, \(first) and \(second)"
    case .conflictingIDs(let file, let token, let first, let second):
      "\(file): token \(token) has two ids, \(first) and \(second)"
    case .unsupported(let file, let what, let advice):
      "\(file): \(what) is not supported; \(advice)"
    }
  }
}

/// Text from a file as it may appear in a message: quoted, on one line, and cut if it is long.
func quoted(_ text: String) -> String { "\"\(text.displayed)\"" }
