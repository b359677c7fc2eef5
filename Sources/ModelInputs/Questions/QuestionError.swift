// Why a file is no questions.
public import Basics

/// What is wrong with a questions file.
public enum QuestionError: CategorizedError, Equatable {
  /// A line of a file, or a folder.
  public struct Place: Sendable, Equatable {
    public let file: String
    /// Counted from 1; nil where there are no lines.
    public let line: Int?

    /// A line.
    public init(file: String, line: Int?) {
      self.file = file
      self.line = line
    }
  }

  /// A line is not what a question must be.
  case malformed(Place, String)
  /// The whole file is not what can be read.
  case unreadable(file: String, String)
  /// No line holds a question.
  case empty(file: String)
  /// A question cannot become a prompt, for a reason that has its own category.
  case unusable(Place, String, FailureCategory)

  public var category: FailureCategory {
    switch self {
    case .malformed, .unreadable, .empty: .malformedInput
    case .unusable(_, _, let category): category
    }
  }

  public var description: String {
    switch self {
    case .malformed(let place, let problem), .unusable(let place, let problem, _):
      "\(place.file.displayed)\(place.line.map { ":\($0)" } ?? ""): \(problem)"
    case .unreadable(let file, let problem): "\(file.displayed): \(problem)"
    case .empty(let file):
      "\(file.displayed): holds no question; give one JSON object per line, e.g. {\"question\": \"…\"}"
    }
  }
}
