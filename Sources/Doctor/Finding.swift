// What an examination tells.
import Basics
public import JSON

/// One thing that is wrong with a repository, or may become so.
public struct Finding: Sendable, Equatable {
  /// How bad it is.
  public enum Severity: String, Sendable, CaseIterable {
    /// Some loader refuses the model or computes something else.
    case error
    /// It works with some loaders, settings or inputs only.
    case warning
    /// Worth knowing.
    case note
  }

  /// Which check found it: part of the interface, listed in Formats/doctor.md.
  public let id: String
  /// How bad it is.
  public let severity: Severity
  /// File, key or tensor.
  public let place: String
  /// What was found, and what was expected.
  public let what: String
  /// What to do.
  public let advice: String

  init(_ id: String, _ severity: Severity, _ place: String, _ what: String, do advice: String) {
    self.id = id
    self.severity = severity
    self.place = place
    self.what = what
    self.advice = advice
  }

  /// One line for people; names are escaped.
  public var description: String {
    "\(severity.rawValue) \(id) \(place.displayed): \(what.displayed); \(advice.displayed)"
  }

  /// The same for programs.
  public var json: JSONValue {
    [
      "id": .string(id), "severity": .string(severity.rawValue), "place": .string(place), "what": .string(what),
      "advice": .string(advice),
    ]
  }
}
