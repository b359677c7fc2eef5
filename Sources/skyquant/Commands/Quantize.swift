// skyquant quantize: calibrate, search, write an AWQ checkpoint.
import ArgumentParser
import Reports
import Workflows

struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Quantize a model to an AWQ int4 checkpoint.",
    discussion: """
      Reads MODEL's shards, runs the calibration questions through it one decoder layer at a time, and writes a \
      directory that vLLM, lmdeploy and transformers load: AWQ GEMM int4 for the language model's linears, everything \
      else as it was. A linear that would end worse than plain rounding on calibration tokens kept aside is plainly \
      rounded, except with awq-compat, which keeps what AutoAWQ's search finds.

      Until it is complete everything lies in the folder OUT.skyquant-work beside it; --resume goes on with what a \
      stopped run has left there.

      Calibration lines are JSON objects: {"image": "a.png", "question": "…", "answer": "…"} or {"text": "…"}. Answers \
      matter: their tokens are what the model will have to produce.

      Example:
        skyquant quantize Skywork-R1V3-38B --calibration questions.jsonl --out Skywork-R1V3-38B-awq
      """)

  @Argument(help: "Checkpoint directory: config.json and safetensors shards.")
  var model: String

  @Option(help: "Questions or texts to calibrate on, one JSON object per line.")
  var calibration: String?

  @Option(help: "Directory to write; it must not exist unless --force is given.")
  var out: String

  @OptionGroup var recipe: RecipeOptions
  @OptionGroup var making: MakingOptions
  @OptionGroup var source: SourceOptions
  @OptionGroup var samples: SampleOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard calibration == nil || samples.text == nil else {
      throw ValidationError("give either --calibration or --text")
    }
    do throws(RecipeError) {
      try job.recipe.requireUsable(with: job.samples)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private var job: QuantizationRun {
    var job = QuantizationRun(
      model: model, samples: samples.source(questions: calibration), output: out, recipe: recipe.recipe)
    job.recipe.prompt = prompt.settings
    job.overwrites = making.force
    job.resumes = making.resume
    job.secureInterval = making.checkpointEvery
    job.reportDirectory = making.report
    job.allowsDamage = source.allowNonfinite
    return job
  }

  func run() throws {
    compute.apply()
    var progress = Progress(output)
    let report = try job.run { progress.show($0) }
    progress.finish()
    let pictures = try job.samples.pictures()
    try output.print(pictures.added(to: report.json)) { report.lines + pictures.lines }
  }
}
