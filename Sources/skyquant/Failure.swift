// From any error to one line and an exit code (the codes are part of the interface and never renumbered).
import Basics

/// An error as the user sees it.
struct Failure {
  let message: String
  let exitCode: Int32

  /// Nil for errors that the argument parser reports itself: usage, help, version.
  init?(_ error: any Error) {
    guard let error = error as? any CategorizedError else { return nil }
    message = error.description
    exitCode = error.category.exitCode
  }
}

/// A mistake in how commands and files are combined, found after parsing.
struct UserError: CategorizedError {
  let description: String
  let category: FailureCategory
}

extension FailureCategory {
  /// The process's exit code.
  var exitCode: Int32 {
    switch self {
    case .malformedInput: 65
    case .missingInput: 66
    case .unsupported: 69
    case .systemLimit: 71
    case .cannotCreateOutput: 73
    case .inputOutput: 74
    case .locked: 75
    }
  }
}
