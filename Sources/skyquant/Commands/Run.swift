// skyquant run: ask a model, quantized or not.
import ArgumentParser
import ModelInputs
import Workflows

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a model about pictures, or let it continue a text.",
    discussion: """
      Runs originals, AWQ directories and .skyq files with the reference forward pass, and prints the answer as it \
      comes: on a terminal without control sequences, into a file or pipe byte for byte. Greedy unless a temperature or a \
      preset that has one is given.

      The questions of a file are answered together, several times as fast as one after the other and with the same \
      answers, which are printed in the order of the file.

      Examples:
        skyquant run model.skyq --image receipt.png --question "What is the total?"
        skyquant run TEXT-MODEL --prompt "Gravity is" --temperature 0.7 --seed 1
        skyquant run model.skyq --questions q.jsonl --max-tokens 256 --json
        skyquant run model.skyq --preset authors-vllm --image a.png --image b.png \\
          --question "What has changed?"
      """)

  @Argument(help: "Checkpoint directory, quantized or not, or .skyq file.", completion: .file())
  var model: String

  @OptionGroup var asked: AskedOptions
  @OptionGroup var generation: GenerationOptions

  @Option(
    help: ArgumentHelp("Write every intermediate tensor of the prompt to this safetensors file.", valueName: "file"),
    completion: .file())
  var trace: String?

  @Flag(help: "Replace an existing file of --trace.")
  var force = false

  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup var numerics: NumericOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard asked.questions == nil || trace == nil else { throw ValidationError("--trace takes a single question") }
    guard memory.memoryLimit == nil || trace == nil else {
      throw ValidationError("--trace keeps every tensor of the prompt in memory: leave out --memory-limit")
    }
  }

  func run() throws {
    compute.apply()
    do {
      if let questions = asked.questions { try ask(questions) } else { try ask() }
    } catch is NobodyListens {
      // What was asked for was written as far as anybody wanted to read it.
    }
  }

  private func ask(_ questions: String) throws {
    var job = QuestionsRun(model: model, questions: questions)
    asked.apply(to: &job)
    job.prompt = prompt.settings
    job.settings = generation.settings
    job.numericMode = try numerics.mode()
    job.memoryLimit = memory.memoryLimit?.bytes
    var items: [QuestionsRun.Item] = []
    var progress = Progress(output)
    let making = try job.run { item in
      guard !output.json else { return items.append(item) }
      // What a terminal shows of answers would follow the bar on its line.
      progress.finish()
      try say("\(item.question.text)\n\(item.answer.text)\n\n")
    } observe: {
      progress.show($0)
    }
    progress.finish()
    if output.json { try output.print(QuestionsRun.json(items, making)) { [] } }
  }

  private func ask() throws {
    var job = AnswerRun(model: model, question: asked.single)
    job.prompt = prompt.settings
    job.settings = generation.settings
    job.numericMode = try numerics.mode()
    job.memoryLimit = memory.memoryLimit?.bytes
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
