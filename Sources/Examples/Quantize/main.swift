// Quantizes a model from Swift code and compares the result with its original: quantize-example MODEL QUESTIONS OUT
import Glibc
import Workflows

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 3, let model = arguments.first, let output = arguments.last else { exit(64) }
let samples = SampleSource.questions(arguments[2])
do {
  var recipe = Recipe()
  recipe.groupSize = 64
  recipe.skip = [NamePattern("layers.0.self_attn")]
  recipe.samples = samples
  let run = QuantizationRun(model: model, output: output, recipe: recipe)
  let report = try run.run { event in
    if case .progress(let stage, let done, let total) = event { print("\(stage): \(done) of \(total)") }
  }
  let verification = try VerificationRun(quantized: output, reference: model, samples: samples).run()
  let divergence = verification.reports[0].overall.divergence
  print("\(report.reports.count) linears in int4, mean KL \(divergence.estimate.mean)")
} catch {
  print("error: \(error)")
  exit(1)
}
