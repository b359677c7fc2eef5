// What `run` asks: one question, one text to continue, or the questions of a file.
import ArgumentParser
import ModelInputs
import Workflows

struct AskedOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A picture: PNG, JPEG or WebP (repeatable).", valueName: "file"), completion: .file())
  var image: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What to ask, put into the model's conversation template.", valueName: "text"))
  var question: String?

  @Option(
    name: .customLong("prompt"), parsing: .unconditional,
    help: ArgumentHelp("Text to continue, without a template.", valueName: "text"))
  var text: String?

  @Option(
    help: ArgumentHelp(
      "Questions to ask: one JSON object per line, a table (.tsv) or a folder of pictures.", valueName: "file"),
    completion: .file())
  var questions: String?

  @Option(help: ArgumentHelp("Ask only the first N of --questions.", valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      """
      Answer at most so many of --questions together, fewer if memory is short (default: \
      \(AnswerEngine.defaultBatchSize)). Answers do not depend on it.
      """, valueName: "n"))
  var batchSize: Int?

  @Option(
    help: ArgumentHelp(
      "Read no picture of --questions from outside this directory, wherever paths and links lead.", valueName: "dir"),
    completion: .directory)
  var imagesRoot: String?

  func validate() throws {
    guard [question, text, questions].count(where: { $0 != nil }) == 1 else {
      throw ValidationError("give either --question, --prompt or --questions")
    }
    if let given = question ?? text, given.wholeMatch(of: /-{1,2}[A-Za-z][A-Za-z0-9-]*/) != nil {
      // Texts may begin with a dash, so that the parser takes whatever follows.
      throw ValidationError(
        "\(question == nil ? "--prompt" : "--question") is followed by \(given), which looks like an option: give it a text"
      )
    }
    guard question != nil || image.isEmpty else { throw ValidationError("--image needs --question") }
    guard questions != nil || (samples == nil && imagesRoot == nil && batchSize == nil) else {
      throw ValidationError("--samples, --batch-size and --images-root need --questions")
    }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size must be at least 1") }
    guard imagesRoot != "" else { throw ValidationError("--images-root must name a directory") }
  }

  /// The question or text that is asked alone.
  var single: Question { Question(images: image, text: question ?? text ?? "", isPlainText: text != nil) }

  /// Which questions of a file are asked, and how many together.
  func apply(to run: inout QuestionsRun) {
    run.limit = samples
    run.imagesRoot = imagesRoot
    if let batchSize { run.batchSize = batchSize }
  }
}
