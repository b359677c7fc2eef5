// Commands that can be pasted: bash says what it reads.
import Basics
import Foundation
import Testing

@Suite struct ShellTextTests {
  /// The words that bash makes of a line.
  private func wordsRead(from line: String) throws -> [String] {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "printf '%s\\0' \(line)"]
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(line)")
    return String(decoding: output, as: UTF8.self).split(separator: "\0", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  private static let texts = [
    "model", "my model", "it's", "$HOME", "a\"b", "*", "~", "a\\b", "`id`", "", "größe", "a;b", "a&b", "#a", "!x",
    "line\nbreak", "\u{1B}[31mred", "tab\there", "'\u{7}'", "bell\u{7}f", "\u{202E}odd", "back\\\u{8}slash", "a  b",
  ]

  @Test(arguments: texts) func `a shell reads back what was put into a word`(text: String) throws {
    #expect(try wordsRead(from: text.shellWord) == [text])
    #expect(text.shellWord.escaped == text.shellWord, "nothing in it drives a terminal")
  }

  @Test func `what needs no quotes has none, and no path is taken for an option`() throws {
    #expect("R1V3-38B/awq_1.skyq".shellWord == "R1V3-38B/awq_1.skyq")
    #expect("--force".shellPath == "./--force" && "a/-b".shellPath == "a/-b")
    #expect(try wordsRead(from: "-x y".shellPath) == ["./-x y"])
  }

  @Test(arguments: [30, 40, 60, 80, 200])
  func `a command that was broken into lines is read as the same words`(columns: Int) throws {
    let words = ["skyquant", "verify"] + Self.texts.map(\.shellPath) + ["--reference", "DIR"]
    let lines = StyledText.command(words).broken(columns: columns).map(\.plain)
    #expect(
      try wordsRead(from: lines.joined(separator: "\n")) == ["skyquant", "verify"] + Self.texts + [
        "--reference", "DIR",
      ])
    #expect(lines.allSatisfy { $0.count <= columns })
  }
}
