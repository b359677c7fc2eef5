// The trained sample model and its questions, which tests and the quickstart run on.

import Glibc

/// The bundled `tiny-r1v` checkpoint, with calibration and evaluation questions about images.
///
/// SwiftPM copies the files next to each executable that links this module. The `Bundle.module` it generates ends the
/// process when they are missing; this type looks for them itself, so that absence is an ordinary error.
public struct SampleModel: Sendable {
  /// Absolute path of the folder that holds everything below; its README.md says where the data comes from.
  public let directory: String

  /// Finds the files next to the running executable.
  /// - Throws: `SampleModelError` if the executable was moved away from them.
  public init() throws(SampleModelError) {
    self.directory = try Self.executableDirectory() + "/skyquant_SampleModel.resources/Resources"
    for path in [modelDirectory + "/config.json", calibrationQuestions, evaluationQuestions] {
      guard unsafe access(path, R_OK) == 0 else { throw .missingFile(path) }
    }
  }

  /// The unquantized checkpoint in the Skywork-R1V layout: config, tokenizer, three bf16 shards and their index.
  public var modelDirectory: String { directory + "/tiny-r1v" }

  /// 64 JSON lines with `image`, `question`, `answer` and `kind`; images are relative to the file.
  public var calibrationQuestions: String { directory + "/calibration/questions.jsonl" }

  /// 160 JSON lines, also with `reference`: the unquantized model's greedy answer in fp32.
  public var evaluationQuestions: String { directory + "/evaluation/questions.jsonl" }

  private static func executableDirectory() throws(SampleModelError) -> String {
    let link = "/proc/self/exe"
    guard let resolved = unsafe realpath(link, nil) else { throw .executableNotFound(link) }
    defer { unsafe free(resolved) }
    let path = unsafe String(cString: resolved)
    guard let slash = path.lastIndex(of: "/") else { throw .executableNotFound(link) }
    return String(path[..<slash])
  }
}
