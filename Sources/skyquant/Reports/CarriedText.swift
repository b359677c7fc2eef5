// What a command that makes a model tells of the files beside the weights that it was made of.
import Basics
import JSON
import ModelFiles

/// Which small files went along, as far as a user should know, and which did not.
struct CarriedText {
  private let leftOut: [CarriedFiles.LeftOut]
  private let codeNames: [String]

  /// Nothing to tell.
  init() { (leftOut, codeNames) = ([], []) }

  init(_ files: CarriedFiles) { (leftOut, codeNames) = (files.leftOut, files.codeNames) }

  /// Names shown of each kind.
  private static let shownCount = 5

  /// What stays behind and why, on one line; nil if nothing does.
  var note: String? {
    guard !leftOut.isEmpty else { return nil }
    let reasons = leftOut.map(\.reason).reduce(into: [CarriedFiles.Reason]()) { if !$0.contains($1) { $0.append($1) } }
    let kinds = reasons.map { reason in
      "\(Self.listed(leftOut.filter { $0.reason == reason }.map(\.name))) (\(reason.text))"
    }
    return "not carried along: " + kinds.joined(separator: "; ")
  }

  /// For a summary: a line if code goes along.
  var lines: [StyledText] {
    guard !codeNames.isEmpty else { return [] }
    return ["carried along, run by loaders that are told to trust remote code: \(Self.listed(codeNames))"]
  }

  /// The object of a report with both lists.
  func added(to report: JSONValue) -> JSONValue {
    guard var object = report.objectValue else { return report }
    object["remote_code"] = .array(codeNames.map(JSONValue.string))
    object["left_out"] = .array(leftOut.map { ["name": .string($0.name), "reason": .string($0.reason.text)] })
    return .object(object)
  }

  private static func listed(_ names: [String]) -> String {
    names.prefix(shownCount).map(\.displayed).joined(separator: ", ")
      + (names.count > shownCount ? " and \(names.count - shownCount) more" : "")
  }
}

extension CarriedFiles.Reason {
  /// In a few words.
  var text: String {
    switch self {
    case .directory: "directory"
    case .symbolicLink: "symbolic link"
    case .notReadable: "no readable file"
    case .tooLarge: "above 64 MiB"
    case .name: "a name of other characters than A-Z a-z 0-9 . _ -"
    case .sameName: "the name of another file but for upper and lower case"
    case .leftover: "left by an editor or a download"
    case .placeholder: "not downloaded: a pointer or a page in its place"
    }
  }
}
