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

      Examples:
        skyquant run model.skyq --image receipt.png --question "What is the total?"
        skyquant run TEXT-MODEL --prompt "Gravity is" --temperature 0.7 --seed 1
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
    guard (question == nil) != (text == nil) else { throw ValidationError("give either --question or --prompt") }
    if let given = question ?? text, given.wholeMatch(of: /-{1,2}[A-Za-z][A-Za-z0-9-]*/) != nil {
      // Texts may begin with a dash, so that the parser takes whatever follows.
      throw ValidationError(
        "\(question == nil ? "--prompt" : "--question") is followed by \(given), which looks like an option: give it a text"
      )
    }
    guard text == nil || image.isEmpty else { throw ValidationError("--image needs --question") }
  }

  func run() throws {
    compute.apply()
    var job = AnswerRun(
      model: model, question: Question(images: image, text: question ?? text ?? "", isPlainText: text != nil))
    job.prompt = prompt.settings
    job.sampling = generation.sampling
    job.maxTokens = generation.maxTokens
    job.numericMode = try numerics.mode()
    job.trace = trace.map { TraceFile($0, overwrites: force) }
    do {
      var progress = Progress(output)
      let answer = try job.run {
        if !output.json { try say($0) }
      } observe: {
        progress.show($0)
      }
      if output.json { try output.print(answer.json) { [] } } else { try say("\n") }
    } catch is NobodyListens {
      // What was asked for was written as far as anybody wanted to read it.
    }
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
