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

  func validate() throws {
    guard (2...1 << 20).contains(window) else { throw ValidationError("--window must be at least 2") }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
  }

  /// The samples of a questions file, or of --text.
  func source(questions: String?) -> SampleSource {
    SampleSource(questions: questions, text: text, window: window, limit: samples ?? .max)
  }
}

/// Questions or windows of text as inputs of a model.
struct SampleSource {
  private static let byteLimit = 256 << 20

  let questions: String?
  let text: String?
  let window: Int
  let limit: Int

  /// The file that is read first; empty if there is none.
  var name: String { questions ?? text ?? "" }

  /// One sample: what was asked and what the model reads.
  typealias Sample = (question: Question, input: ModelInput)

  /// The files that the samples come from.
  /// - Throws: why the questions cannot be read.
  func paths() throws -> [String] {
    guard let questions else { return text.map { [$0] } ?? [] }
    return [questions] + (try QuestionFile(path: questions).imagePaths)
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
    let file = try QuestionFile(path: questions)
    let chosen = file.questions.prefix(limit)
    var samples: [Sample] = []
    for question in chosen {
      samples.append((question, try builder.input(for: question, includesAnswer: true, readImage: file.readImage)))
      try onSample(samples.count, chosen.count)
    }
    return samples
  }
}

extension SampleOptions {
  /// How a model is given samples to be verified on, for hints at the next command.
  static func hint(seesImages: Bool) -> String { seesImages ? "--questions FILE" : "--text FILE" }
}
