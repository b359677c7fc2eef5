// skyquant run: ask a model, quantized or not.
import ArgumentParser
import ModelInputs
import Workflows

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a model about pictures, or let it continue a text.",
    discussion: """
      Runs originals, AWQ directories and .skyq files with the reference forward pass, and prints the answer as it \
      comes: on a terminal without control sequences, into a file or pipe byte for byte. Greedy unless a temperature is \
      given.

      The questions of a file are answered together, several times as fast as one after the other and with the same \
      answers, which are printed in the order of the file.

      Examples:
        skyquant run model.skyq --image receipt.png --question "What is the total?"
        skyquant run TEXT-MODEL --prompt "Gravity is" --temperature 0.7 --seed 1
        skyquant run model.skyq --questions q.jsonl --max-tokens 256 --json
      """)

  @Argument(help: "Checkpoint directory, quantized or not, or .skyq file.", completion: .file())
  var model: String

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

  @OptionGroup var generation: GenerationOptions

  @Option(
    help: ArgumentHelp("Write every intermediate tensor of the prompt to this safetensors file.", valueName: "file"),
    completion: .file())
  var trace: String?

  @Flag(help: "Replace an existing file of --trace.")
  var force = false

  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var numerics: NumericOptions
  @OptionGroup var output: OutputOptions

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
    guard questions == nil || trace == nil else { throw ValidationError("--trace takes a single question") }
    guard questions != nil || (samples == nil && imagesRoot == nil && batchSize == nil) else {
      throw ValidationError("--samples, --batch-size and --images-root need --questions")
    }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size must be at least 1") }
    guard imagesRoot != "" else { throw ValidationError("--images-root must name a directory") }
  }

  func run() throws {
    compute.apply()
    do {
      if let questions { try ask(questions) } else { try ask() }
    } catch is NobodyListens {
      // What was asked for was written as far as anybody wanted to read it.
    }
  }

  private func ask(_ questions: String) throws {
    var job = QuestionsRun(model: model, questions: questions)
    job.limit = samples
    job.imagesRoot = imagesRoot
    job.prompt = prompt.settings
    job.sampling = generation.sampling
    job.maxTokens = generation.maxTokens
    if let batchSize { job.batchSize = batchSize }
    job.numericMode = try numerics.mode()
    var items: [QuestionsRun.Item] = []
    var progress = Progress(output)
    let mode = try job.run { item in
      guard !output.json else { return items.append(item) }
      // What a terminal shows of answers would follow the bar on its line.
      progress.finish()
      try say("\(item.question.text)\n\(item.answer.text)\n\n")
    } observe: {
      progress.show($0)
    }
    progress.finish()
    if output.json { try output.print(QuestionsRun.json(items, numericMode: mode)) { [] } }
  }

  private func ask() throws {
    var job = AnswerRun(
      model: model, question: Question(images: image, text: question ?? text ?? "", isPlainText: text != nil))
    job.prompt = prompt.settings
    job.sampling = generation.sampling
    job.maxTokens = generation.maxTokens
    job.numericMode = try numerics.mode()
    job.trace = trace.map { TraceFile($0, overwrites: force) }
    var progress = Progress(output)
    let answer = try job.run {
      if !output.json { try say($0) }
    } observe: {
      progress.show($0)
    }
    if output.json { try output.print(answer.json) { [] } } else { try say("\n") }
  }

  /// Prints a piece of the answer as the model said it; on a terminal, without what would drive it.
  /// - Throws: `NobodyListens` if the reader went away and nothing else needs the rest of the answer.
  private func say(_ piece: String) throws {
    let isHeard = try StandardOutput.write(content: Array(piece.utf8))
    if !isHeard, trace == nil { throw NobodyListens() }
  }
}

/// The reader of the answer went away.
private struct NobodyListens: Error {}
