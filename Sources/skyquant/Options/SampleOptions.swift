// Which questions or texts a model is calibrated on or compared by.
import ArgumentParser
import ModelInputs
import Storage

struct SampleOptions: ParsableArguments {
  @Option(help: "Plain text, cut into windows, instead of questions.")
  var text: String?

  @Option(help: "Tokens of a window of --text.")
  var window = 512

  @Option(help: "Use only the first N questions or windows.")
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "Read no picture from outside this directory, wherever paths and links of the questions lead.", valueName: "dir"))
  var imagesRoot: String?

  func validate() throws {
    guard (2...1 << 20).contains(window) else { throw ValidationError("--window must be at least 2") }
    guard imagesRoot == nil || text == nil else { throw ValidationError("--text has no pictures for --images-root") }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
  }

  /// The samples of a questions file, or of --text.
  func source(questions: String?) -> SampleSource {
    SampleSource(questions: questions, text: text, window: window, limit: samples ?? .max, imagesRoot: imagesRoot)
  }
}

/// Questions or windows of text as inputs of a model.
struct SampleSource {
  private static let byteLimit = 256 << 20

  let questions: String?
  let text: String?
  let window: Int
  let limit: Int
  /// The directory that holds all pictures; nil if they may lie anywhere.
  var imagesRoot: String?

  /// The file that is read first; empty if there is none.
  var name: String { questions ?? text ?? "" }

  /// One sample: what was asked and what the model reads.
  typealias Sample = (question: Question, input: ModelInput)

  /// The files that the samples come from.
  /// - Throws: why the questions cannot be read.
  func paths() throws -> [String] {
    guard let questions else { return text.map { [$0] } ?? [] }
    return [questions] + (try questionFile(questions).imagePaths)
  }

  /// What is told about where the pictures lie.
  /// - Throws: why the questions cannot be read.
  func pictures() throws -> PictureNote {
    PictureNote(outside: try questions.map { try questionFile($0).picturesOutside } ?? 0, isConfined: imagesRoot != nil)
  }

  private func questionFile(_ path: String) throws -> QuestionFile {
    try QuestionFile(path: path, imagesRoot: imagesRoot, limit: limit)
  }

  /// All samples, with their answers.
  /// - Parameter onSample: Called with the number done and the number of all.
  func samples(_ builder: InputBuilder, onSample: (Int, Int) throws -> Void) throws -> [Sample] {
    if let text {
      let content = String(decoding: try readFile(text, limit: Self.byteLimit), as: UTF8.self)
      return builder.windows(of: content, size: window, limit: limit).map {
        (Question(text: "", isPlainText: true), $0)
      }
    }
    guard let questions else { return [] }
    let file = try questionFile(questions)
    var samples: [Sample] = []
    for question in file.questions {
      samples.append((question, try builder.input(for: question, includesAnswer: true, readImage: file.readImage)))
      try onSample(samples.count, file.questions.count)
    }
    return samples
  }
}

extension SampleOptions {
  /// How a model is given samples to be verified on, for hints at the next command.
  static func hint(seesImages: Bool) -> String { seesImages ? "--questions FILE" : "--text FILE" }
}
