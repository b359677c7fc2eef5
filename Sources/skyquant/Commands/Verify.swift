// skyquant verify: what quantization cost, measured from the written bytes.
import ArgumentParser
import Verification

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare a quantized model with its original.",
    discussion: """
      Reads QUANTIZED (an AWQ directory or a .skyq file) from its written bytes, streams it and the original through \
      the same questions layer by layer, and reports KL divergence, same first choice, perplexity ratio and both \
      models' answers. Image, prompt and answer tokens are counted apart; answer tokens are the ones that matter.

      Settings that travel along and mean something else than the original's are named: of tokenizer, conversation \
      template, config.json, generation_config.json, preprocessor_config.json and remote code. Numbers show little of it, \
      since both models read what the original's files make of the questions.

      With gates the exit code is 1 if a limit is not kept with two standard errors to spare, or if such settings differ; \
      it is always 1 if a divergence is no finite number:
        skyquant verify model.skyq --reference MODEL --questions q.jsonl --max-mean-kl 0.05 --min-top1 0.9
      """)

  @Argument(help: "AWQ directory or .skyq file.")
  var quantized: String

  @Option(help: "Directory of the original model.")
  var reference: String

  @Option(help: "Questions, one JSON object per line, with pictures and answers.")
  var questions: String?

  @Option(help: "Longest answer to generate; 0 generates none.")
  var answerTokens = 48

  @Option(help: "Fail unless the mean KL divergence is at most this.")
  var maxMeanKl: Double?

  @Option(help: "Fail unless the 99th percentile of the KL divergence is at most this.")
  var maxP99Kl: Double?

  @Option(help: "Fail unless at least this share of positions has the same first choice.")
  var minTop1: Double?

  @Option(help: "Fail unless the perplexity ratio is at most this.")
  var maxPplRatio: Double?

  @Flag(help: "Let gates pass though files that travel along with the weights mean something else than the original's.")
  var allowDifferentFiles = false

  @OptionGroup var samples: SampleOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (questions == nil) != (samples.text == nil) else {
      throw ValidationError("give either --questions or --text")
    }
    guard answerTokens >= 0 else { throw ValidationError("--answer-tokens must not be negative") }
  }

  func run() throws {
    compute.apply()
    var gates = Gates()
    gates.maxMeanDivergence = maxMeanKl
    gates.maxP99Divergence = maxP99Kl
    gates.minSameTop = minTop1
    gates.maxPerplexityRatio = maxPplRatio
    let job = VerificationJob(
      quantized: quantized, reference: reference, source: samples.source(questions: questions),
      answerTokens: answerTokens, prompt: prompt.settings, gates: gates, allowsDifferentFiles: allowDifferentFiles)
    var progress = Progress(output)
    let report = try job.run(&progress)
    progress.finish()
    let pictures = try job.source.pictures()
    try output.print(pictures.added(to: report.json)) { report.lines + pictures.lines }
    if !report.passes { throw ExitCode(1) }
  }
}
