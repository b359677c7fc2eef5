// What a failure means to whoever started the work. The command line turns each category into an exit code.

/// Kinds of failure that a caller may want to treat differently.
public enum FailureCategory: Sendable, Hashable, CaseIterable {
  /// The content of an input is not what its format says.
  case malformedInput
  /// An input is not there, may not be read, or changed while in use.
  case missingInput
  /// A sound input of a kind this program does not read.
  case unsupported
  /// The output exists already, or there is no room or permission for it.
  case cannotCreateOutput
  /// The system lets this process have no more threads, open files or memory.
  case systemLimit
  /// The system failed to read or write.
  case inputOutput
  /// Another run is writing the same output.
  case locked
}

/// An error that can reach a user: one line that says what is wrong and what to do, and what kind of failure it is.
///
/// Every error type of this package that a caller may see conforms; the command line knows no others, and reports what
/// does not conform as a fault of its own (70).
public protocol CategorizedError: Error, CustomStringConvertible {
  /// What kind of failure this is.
  var category: FailureCategory { get }
}
