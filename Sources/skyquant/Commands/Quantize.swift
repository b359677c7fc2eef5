// skyquant quantize: calibrate, search, write an AWQ checkpoint.
import ArgumentParser
import Basics
import LayerSearch
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

      Examples:
        skyquant quantize R1V3-38B --calibration questions.jsonl --out R1V3-38B-awq
        skyquant quantize R1V3-38B --recipe R1V3-38B-awq/skyquant.json --out again
      """)

  @Argument(help: "Checkpoint directory: config.json and safetensors shards.")
  var model: String

  @Option(help: ArgumentHelp("Questions or texts to calibrate on, one JSON object per line.", valueName: "file"))
  var calibration: String?

  @Option(help: ArgumentHelp("Directory to write; it must not exist unless --force is given.", valueName: "dir"))
  var out: String

  @OptionGroup var recipe: RecipeOptions
  @OptionGroup var making: MakingOptions
  @OptionGroup var samples: SampleOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard calibration == nil || samples.text == nil else {
      throw ValidationError("give either --calibration or --text")
    }
    guard recipe.file == nil else { return }
    do throws(RecipeError) {
      try job(Recipe()).recipe.requireComplete()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// The run of an earlier recipe but for what is given here.
  private func job(_ earlier: Recipe) -> QuantizationRun {
    var job = QuantizationRun(model: model, output: out, recipe: recipe.applied(to: earlier))
    job.recipe.prompt = prompt.applied(to: earlier.prompt)
    job.recipe.samples = samples.applied(to: earlier.samples, questions: calibration)
    making.apply(to: &job)
    return job
  }

  /// What an earlier run's record asks for, if one is given.
  private func repeatedJob() throws -> QuantizationRun? {
    guard let path = recipe.file else { return nil }
    let recorded = try RecordedRecipe(path: path)
    var job = job(recorded.recipe)
    if job.recipe.samples.isEmpty, job.recipe.method.needsCalibration {
      job.recipe.samples.origin = try recorded.origin(near: path)
    }
    job.repeated = recorded
    return job
  }

  func run() throws {
    compute.apply()
    let job = try repeatedJob() ?? job(Recipe())
    var progress = Progress(output)
    let report = try job.run { progress.show($0) }
    progress.finish()
    let pictures = try job.recipe.samples.pictures()
    try output.print(pictures.added(to: report.json), styled: report.lines + pictures.lines)
  }
}
