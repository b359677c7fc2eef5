// Whole texts, as a person sees them, held to files: a change of a text shows as a change of its file.
import Foundation
import Testing
import TestSupport

/// The file `name` of the folder Snapshots.
struct Snapshot {
  let name: String

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots")
  /// Whether texts are written instead of compared.
  private static let updates = ProcessInfo.processInfo.environment["SKYQUANT_UPDATE_SNAPSHOTS"] == "1"

  /// Expects that `text` is the file's, character for character.
  func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = Self.folder.appendingPathComponent(name + ".txt")
    guard !Self.updates else { return try text.write(to: file, atomically: true, encoding: .utf8) }
    let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    guard let difference = firstDifference(expected, text) else { return }
    Issue.record(
      """
      Tests/CommandTests/Snapshots/\(name).txt is another text:
      \(difference)
      If the new one reads well: SKYQUANT_UPDATE_SNAPSHOTS=1 Scripts/test.sh --filter SnapshotTests
      """, sourceLocation: sourceLocation)
  }
}

/// Where two texts part, as `diff -u` shows it: two lines that are the same, and up to three of each that follow.
/// - Returns: nil if they are the same.
func firstDifference(_ expected: String, _ text: String) -> String? {
  guard expected != text else { return nil }
  let (old, new) = (expected.components(separatedBy: "\n"), text.components(separatedBy: "\n"))
  let same = zip(old, new).prefix { $0 == $1 }.count
  let start = max(0, same - 2)
  return
    (["@@ line \(same + 1) @@"] + old[start..<same].map { " " + $0 }
    + old[same...].prefix(3).map { "-" + $0 } + new[same...].prefix(3).map { "+" + $0 }).joined(separator: "\n")
}

/// A text without what differs between runs and machines: times, speeds, memory, what multiplied matrices, and digests of contents
/// that hang on the last digits of the C library.
func masked(_ text: String) -> String {
  text
    .replacing(/\b[0-9]+(\.[0-9]+)? [KMG]?i?B\/s/, with: "<SPEED>")
    .replacing(/\b([0-9]+ h [0-9]+ min|[0-9]+ min [0-9]+ s|[0-9]+(\.[0-9]+)? s)\b/, with: "<TIME>")
    .replacing(/content [0-9a-f]{16,64}/, with: "content <ID>")
    .replacing(/numeric mode: [^\n]*/, with: "numeric mode: <MODE>")
    .replacing(/<TIME> ± [0-9]+ %/, with: "<TIME>")
    .replacing(/memory: up to [^\n;]*/, with: "memory: up to <SIZE>")
}

/// Commands that are typed one after the other, and all that they print.
struct Transcript {
  /// Where they are typed.
  private let directory: String
  private(set) var text = ""

  init(in directory: String) { self.directory = directory }

  /// Types a line, whose words are parted by single spaces, into a terminal of 80 columns that is read by a program. The
  /// exit code follows what it prints unless it is 0.
  mutating func type(_ line: String) throws {
    let words = line.split(separator: " ").map(String.init)
    let result = try skyquant(
      arguments: Array(words.dropFirst()), directory: directory, redirection: "2>&1", environment: ["COLUMNS": "80"])
    #expect(words.first == "skyquant" && !result.output.contains(directory), "\(result.output)")
    text += (text.isEmpty ? "" : "\n") + "$ \(line)\n" + masked(result.output)
    if result.exitCode != 0 { text += "[exit code \(result.exitCode)]\n" }
  }
}
