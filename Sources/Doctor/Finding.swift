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
  /// How many places it was found in; `place` and `what` are the first's.
  public private(set) var count = 1
  /// What equal findings have in common: `what`, unless that holds numbers of one place.
  private let topic: String

  init(
    _ id: String, _ severity: Severity, _ place: String, _ what: String, do advice: String, topic: String? = nil
  ) {
    self.id = id
    self.severity = severity
    self.place = place
    self.what = what
    self.advice = advice
    self.topic = topic ?? what
  }

  /// One line for people; names are escaped.
  public var description: String {
    "\(severity.rawValue) \(id) \(place.displayed)\(count > 1 ? " and \(count - 1) more" : ""): \(what.displayed); "
      + advice.displayed
  }

  /// The same for programs.
  public var json: JSONValue {
    [
      "id": .string(id), "severity": .string(severity.rawValue), "place": .string(place), "what": .string(what),
      "advice": .string(advice), "count": .integer(count),
    ]
  }
}

extension [Finding] {
  /// Each finding once, in the order of its first appearance.
  var counted: [Finding] {
    var places: [[String]: Int] = [:], counted: [Finding] = []
    for finding in self {
      if let place = places[finding.key] {
        counted[place].add(finding)
      } else {
        places[finding.key] = counted.count
        counted.append(finding)
      }
    }
    return counted
  }
}

extension Finding {
  fileprivate var key: [String] { [id, severity.rawValue, topic, advice] }

  fileprivate mutating func add(_ equal: Finding) { count += equal.count }
}
