// What a summary says about where the pictures of its questions lie: a questions file may name any file of the user.
import JSON

struct PictureNote {
  /// Pictures outside the directory of the questions file.
  let outside: Int
  /// Whether the user has said where pictures may lie.
  let isConfined: Bool

  /// One line if there is something to say.
  var lines: [String] {
    guard outside > 0, !isConfined else { return [] }
    return ["pictures from outside the directory of the questions: \(outside) (--images-root confines them)"]
  }

  /// The report with the number.
  func added(to report: JSONValue) -> JSONValue {
    guard var object = report.objectValue else { return report }
    object["pictures_outside"] = .integer(outside)
    return .object(object)
  }
}
