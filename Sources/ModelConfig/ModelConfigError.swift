public import Basics

/// Why a config.json cannot be used. The messages say what to do.
public enum ModelConfigError: CategorizedError, Equatable {
  /// A key is missing, or has a value of the wrong kind or out of range.
  case invalid(key: String, expected: String, found: String)
  /// A well-formed config of a model this program does not compute.
  case unsupported(what: String, advice: String)

  /// What kind of failure this is.
  public var category: FailureCategory {
    switch self {
    case .invalid: .malformedInput
    case .unsupported: .unsupported
    }
  }

  /// One line for people.
  public var description: String {
    switch self {
    case .invalid(let key, let expected, let found):
      "config.json: '\(key)': expected \(expected), found \(found)"
    case .unsupported(let what, let advice):
      "config.json: \(what) is not supported; \(advice)"
    }
  }
}
