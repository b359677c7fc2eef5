// Why a template cannot be read or evaluated.
public import Basics

/// A fault in a template, or in what it makes of a conversation, with its line. Lines count from 1.
public enum JinjaError: CategorizedError, Equatable {
  /// The text is not a template; jinja2 refuses it too.
  case syntax(line: Int, reason: String)
  /// jinja2 knows the construct, this subset does not.
  case unsupported(line: Int, construct: String)
  /// A value that is not there was used for more than printing, iterating and testing.
  case undefined(line: Int, reason: String)
  /// An operation that Python refuses too: wrong types, division by zero, wrong arguments.
  case evaluation(line: Int, reason: String)
  /// The template itself refused the conversation with `raise_exception`.
  case raised(line: Int, message: String)
  /// A bound was reached.
  case limit(line: Int, JinjaLimit)

  public var category: FailureCategory { .malformedInput }

  public var description: String {
    switch self {
    case .syntax(let line, let reason), .undefined(let line, let reason), .evaluation(let line, let reason):
      "line \(line): \(reason)"
    case .unsupported(let line, let construct): "line \(line): \(construct) is not supported"
    case .raised(let line, let message):
      "line \(line): the template refuses the conversation: \(Text(message).excerpt)"
    case .limit(let line, let limit): "line \(line): \(limit)"
    }
  }
}

/// Which bound was reached.
public enum JinjaLimit: Equatable, Sendable, CustomStringConvertible {
  /// The template's text is longer.
  case sourceLength(Int)
  /// Statements, brackets and operators are nested deeper in the text.
  case nesting(Int)
  /// Evaluation is nested deeper, for example by a macro that calls itself.
  case depth(Int)
  /// Lists and dictionaries are nested deeper in each other.
  case valueDepth(Int)
  /// Evaluation takes more steps.
  case steps(Int)
  /// A text is longer.
  case textLength(Int)
  /// A whole number does not fit 64 bits.
  case integer

  /// What is too much, for people.
  public var description: String {
    switch self {
    case .sourceLength(let limit): "the template has more than \(limit) characters"
    case .nesting(let limit): "statements and brackets are nested more than \(limit) deep"
    case .depth(let limit): "evaluation is nested more than \(limit) deep"
    case .valueDepth(let limit): "lists and dictionaries are nested more than \(limit) deep"
    case .steps(let limit): "the template takes more than \(limit) steps"
    case .textLength(let limit): "a text grows beyond \(limit) characters"
    case .integer: "a whole number does not fit 64 bits"
    }
  }
}

/// Bounds on a template and its evaluation. Each is an error when it is reached; none changes a result.
public struct JinjaLimits: Sendable, Equatable {
  /// Longest template, in Unicode scalars.
  public var sourceLength: Int
  /// Deepest nesting of statements, brackets and operators in the text.
  public var nesting: Int
  /// Deepest nesting of evaluation. One level takes at most 2 KiB of stack.
  public var depth: Int
  /// Deepest nesting of lists and dictionaries.
  public var valueDepth: Int
  /// Longest evaluation: about one step for each part of the template that is evaluated, and one for each 16
  /// bytes that it allocates or compares.
  public var steps: Int
  /// Longest text, in Unicode scalars.
  public var textLength: Int

  public init(
    sourceLength: Int = 1 << 18, nesting: Int = 64, depth: Int = 500, valueDepth: Int = 100,
    steps: Int = 10_000_000, textLength: Int = 1 << 24
  ) {
    self.sourceLength = sourceLength
    self.nesting = nesting
    self.depth = depth
    self.valueDepth = valueDepth
    self.steps = steps
    self.textLength = textLength
  }
}
