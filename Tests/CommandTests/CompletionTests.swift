// What bash offers where a command takes a path.
import Foundation
import Testing
import TestSupport

@Suite struct CompletionTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for name in ["model", "more"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
    }
    for name in ["model.skyq", "mine.json", "mine.txt"] {
      try Data().write(to: URL(fileURLWithPath: folder.path(name)))
    }
  }

  private static let directories = ["model", "more"],
    everything = ["mine.json", "mine.txt", "model", "model.skyq", "more"]
  private static let packed = ["model", "model.skyq", "more"], recipes = ["mine.json", "model", "more"]

  @Test(arguments: [
    ("inspect", everything), ("inspect x --dump-weights", everything), ("plan", directories),
    ("quantize", directories), ("quantize x --calibration", everything), ("quantize x --out", directories),
    ("quantize --recipe", recipes), ("quantize --report", directories), ("quantize --text", everything),
    ("quantize x --images-root", directories), ("plan x --out", directories), ("pack", directories), ("pack x", packed),
    ("pack --evaluation", everything), ("check --full", everything), ("diff", everything), ("diff x", everything),
    ("extract", packed), ("extract x --out", everything), ("import", directories), ("import x", packed),
    ("export", everything), ("export x --out", everything), ("doctor", directories), ("verify", everything),
    ("verify x --reference", directories), ("verify x --questions", everything), ("run", everything),
    ("run x --image", everything), ("run x --question q --trace", everything),
  ]) func `bash completes paths`(line: String, offered: [String]) throws {
    #expect(try completions(of: "skyquant \(line) m") == offered)
  }

  @Test func `bash completes commands, options and their values`() throws {
    #expect(try completions(of: "skyquant qu") == ["quantize"])
    #expect(try completions(of: "skyquant quantize --calib") == ["--calibration"])
    #expect(try completions(of: "skyquant quantize x --method awq") == ["awq", "awq+gptq", "awq-compat"])
    #expect(
      try completions(of: "skyquant run x --template skywork-r1v") == ["skywork-r1v", "skywork-r1v2", "skywork-r1v3"])
  }

  /// So that no option is forgotten: what is called a file or a directory in the help is completed as one.
  @Test func `every argument that stands for a path is completed as one`() throws {
    let dump = Data(try skyquant("--experimental-dump-help").output.utf8)
    let root = try #require(
      (try JSONSerialization.jsonObject(with: dump) as? [String: Any])?["command"] as? [String: Any])
    let commands = (root["subcommands"] as? [[String: Any]] ?? []).filter { $0["commandName"] as? String != "help" }
    var count = 0
    for command in commands {
      for argument in command["arguments"] as? [[String: Any]] ?? [] {
        let value = argument["valueName"] as? String ?? ""
        let isPath = argument["kind"] as? String == "positional" || ["file", "dir", "path"].contains(value)
        guard isPath, argument["kind"] as? String != "flag" else { continue }
        count += 1
        let kind = argument["completionKind"] as? [String: Any] ?? [:]
        #expect(
          kind.keys.contains { ["file", "directory"].contains($0) },
          "\(command["commandName"] ?? ""): \(argument["preferredName"] ?? value)")
      }
    }
    #expect(count >= 40)
  }

  /// What bash offers at the end of `line` in the folder, in order.
  private func completions(of line: String) throws -> [String] {
    let script = try skyquant("--generate-completion-script", "bash").output
    let asked = """
      \(script)
      COMP_LINE=$0 COMP_POINT=${#0} COMPREPLY=()
      read -ra COMP_WORDS <<<"$COMP_LINE"
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      _skyquant skyquant "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", asked, line]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return output.split(separator: "\n").map(String.init).sorted()
  }
}
