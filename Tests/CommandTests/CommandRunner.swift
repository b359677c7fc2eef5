// Runs the built program as its users do.
import Foundation
import SampleModel
import Testing
import TestSupport

/// One finished run.
struct CommandResult {
  let exitCode: Int32
  let output: String
  let errors: String
}

/// Makes the sample, plainly rounded, at `path`, which it returns.
func roundedSample(at path: String) throws -> String {
  let sample = try SampleModel().modelDirectory
  expectSuccess(try skyquant("quantize", sample, "--method", "rtn", "--out", path, "--quiet"))
  return path
}

/// Runs `skyquant` with `arguments`.
func skyquant(_ arguments: String...) throws -> CommandResult { try skyquant(arguments: arguments) }

/// The built program, which lies beside the test bundle.
let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  .appendingPathComponent("skyquant")

/// Runs `skyquant` with `arguments`.
/// - Parameters:
///   - output: Where its results go; nil collects them.
///   - errors: Where progress, warnings and errors go; nil collects them.
///   - directory: Where it runs; nil is where we do.
///   - redirection: What a shell does to its streams first, as `2>&-`.
///   - fileSizeLimit: Bytes that it may write into one file.
///   - addressSpaceLimit: Bytes that it may map.
///   - environment: What it finds in its environment besides ours.
///   - during: Called while it runs.
func skyquant(
  arguments: [String], output: FileHandle? = nil, errors: FileHandle? = nil, directory: String? = nil,
  redirection: String? = nil, fileSizeLimit: Int? = nil, addressSpaceLimit: Int? = nil,
  environment: [String: String] = [:],
  during: (Process) throws -> Void = { _ in }
) throws -> CommandResult {
  let process = Process()
  var command = [program.path] + arguments
  if let redirection { command = ["/bin/sh", "-c", "exec \"$0\" \"$@\" \(redirection)"] + command }
  if let fileSizeLimit { command = ["/usr/bin/prlimit", "--fsize=\(fileSizeLimit)"] + command }
  if let addressSpaceLimit { command = ["/usr/bin/prlimit", "--as=\(addressSpaceLimit)"] + command }
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.executableURL = URL(fileURLWithPath: command[0])
  process.arguments = Array(command.dropFirst())
  if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
  let folder = try TemporaryDirectory()
  let streams = ["output", "errors"].map { URL(fileURLWithPath: folder.path($0)) }
  for stream in streams { try Data().write(to: stream) }
  // Files, not pipes: a pipe that nobody reads fills up.
  process.standardOutput = try output ?? FileHandle(forWritingTo: streams[0])
  process.standardError = try errors ?? FileHandle(forWritingTo: streams[1])
  process.standardInput = FileHandle.nullDevice
  try process.run()
  try during(process)
  process.waitUntilExit()
  return CommandResult(
    exitCode: process.terminationStatus, output: try String(contentsOf: streams[0], encoding: .utf8),
    errors: try String(contentsOf: streams[1], encoding: .utf8))
}

/// Runs the program and expects one error on standard error, behind warnings if there are any, an exit code, and words in
/// the line.
func expectError(_ code: Int32, _ words: String, from result: CommandResult) {
  #expect(result.exitCode == code, "\(result.errors)")
  let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("warning: ") }
  #expect(lines.count == 1 && lines[0].hasPrefix("error: ") && lines[0].contains(words), "\(result.errors)")
  #expect(result.output.isEmpty)
}

/// Expects a run that ended well.
func expectSuccess(_ result: CommandResult) {
  #expect(result.exitCode == 0, "\(result.errors)")
}

extension TemporaryDirectory {
  /// A copy of the sample model with config.json changed.
  func modelCopy(replacing text: String, with replacement: String) throws -> String {
    let copy = path("model")
    try FileManager.default.copyItem(atPath: try SampleModel().modelDirectory, toPath: copy)
    let config = try String(contentsOfFile: copy + "/config.json", encoding: .utf8)
    try config.replacingOccurrences(of: text, with: replacement)
      .write(toFile: copy + "/config.json", atomically: false, encoding: .utf8)
    return copy
  }
}
