// What a summary says about where the pictures of its questions lie: a questions file may name any file of the user.
public import JSON

/// Where the pictures of a questions file lie.
public struct PictureNote: Sendable, Equatable {
  /// Pictures outside the directory of the questions file.
  public let outside: Int
  /// Whether the user has said where pictures may lie.
  public let isConfined: Bool

  /// A note.
  public init(outside: Int, isConfined: Bool) {
    self.outside = outside
    self.isConfined = isConfined
  }

  /// One line if there is something to say.
  public var lines: [String] {
    guard outside > 0, !isConfined else { return [] }
    return ["pictures from outside the directory of the questions: \(outside) (--images-root confines them)"]
  }

  /// The report with the number.
  public func added(to report: JSONValue) -> JSONValue {
    guard var object = report.objectValue else { return report }
    object["pictures_outside"] = .integer(outside)
    return .object(object)
  }
}
