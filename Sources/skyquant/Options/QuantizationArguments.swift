// What says how a model is quantized and where the result goes: the arguments of `quantize` and `plan`.
import ArgumentParser
import LayerSearch
import Workflows

struct QuantizationArguments: ParsableArguments {
  @Argument(help: "Checkpoint directory: config.json and safetensors shards.", completion: .directory)
  var model: String

  @Option(
    help: ArgumentHelp(
      "Questions or texts to calibrate on: one JSON object per line, a table (.tsv) or a folder of pictures.",
      valueName: "file"),
    completion: .file())
  var calibration: String?

  @Option(
    help: ArgumentHelp("Directory to write; it must not exist unless --force is given.", valueName: "dir"),
    completion: .directory)
  var out: String

  @OptionGroup var recipe: RecipeOptions
  @OptionGroup var making: MakingOptions
  @OptionGroup var samples: SampleOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions

  /// Not `validate`, which the parser calls before it has looked for options that it does not know: `--calibraton` is no
  /// calibration that is missing.
  func requireComplete() throws {
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

  /// The run that was asked for; that of an earlier run's record, if one is given.
  func job() throws -> QuantizationRun {
    guard let path = recipe.file else { return job(Recipe()) }
    let recorded = try RecordedRecipe(path: path)
    var job = job(recorded.recipe)
    if job.recipe.samples.isEmpty, job.recipe.method.needsCalibration {
      job.recipe.samples.origin = try recorded.origin(near: path)
    }
    job.repeated = recorded
    return job
  }
}
