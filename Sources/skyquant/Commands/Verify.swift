// skyquant verify: what quantization cost, measured from the written bytes.
import ArgumentParser
import Basics
import ModelCards
import Reports
import Verification
import Workflows

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare quantized models with their original.",
    discussion: """
      Reads QUANTIZED (a directory of any layout that is computed with, or a .skyq file) from its written bytes, streams it and the original through \
      the same questions layer by layer, and reports KL divergence, same first choice, perplexity ratio and both \
      models' answers. Image, prompt and answer tokens are counted apart; answer tokens are the ones that matter.

      Several models are compared with the original, which is computed once, and with each other on the same tokens: \
      differences have standard errors of their own, and it is said which are told apart. The numbers of each are those \
      that it has alone.

      Settings that travel along and mean something else than the original's are named: of tokenizer, conversation \
      template, config.json, generation_config.json, preprocessor_config.json and remote code. Numbers show little of it, \
      since both models read what the original's files make of the questions.

      With gates the exit code is 1 if a limit is not kept with two standard errors to spare, or if such settings differ; \
      it is always 1 if a divergence is no finite number. Every model has to pass.

      Examples:
        skyquant verify model.skyq --reference MODEL --questions q.jsonl
        skyquant verify model.skyq --reference MODEL --questions q.jsonl \\
          --max-mean-kl 0.05 --min-top1 0.9
        skyquant verify model.skyq OTHERS-GPTQ --reference MODEL --questions q.jsonl
      """)

  @Argument(help: "Directories of quantized models, or .skyq files.", completion: .file())
  var quantized: [String]

  @Option(help: ArgumentHelp("Directory of the original model.", valueName: "dir"), completion: .directory)
  var reference: String

  @Option(
    help: ArgumentHelp(
      "Questions with pictures and answers: one JSON object per line, a table (.tsv) or a folder of pictures.",
      valueName: "file"),
    completion: .file())
  var questions: String?

  @Option(
    help: ArgumentHelp(
      """
      Longest answer to generate; 0 generates none (default: \(VerificationRun.defaultAnswerTokens), none for a model \
      of more than 16 GiB).
      """, valueName: "n"))
  var answerTokens: Int?

  @Flag(
    help: "Take a reference that is quantized itself: what a model was converted from, to see that nothing was lost.")
  var quantizedReference = false

  @OptionGroup var gates: GateOptions
  @OptionGroup var page: PageOptions
  @OptionGroup var card: CardOptions

  @Flag(help: "Replace an existing file of --html.")
  var force = false

  @Flag(help: "Only tell what the run would take: questions, memory, time. Nothing is written.")
  var dryRun = false

  @OptionGroup var samples: SampleOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup var numerics: NumericOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (questions == nil) != (samples.text == nil) else {
      throw ValidationError("give either --questions or --text")
    }
    guard card.card == nil || !quantizedReference else {
      throw ValidationError(
        "--card tells what was lost against the original; --quantized-reference takes something else")
    }
    guard answerTokens ?? 0 >= 0 else { throw ValidationError("--answer-tokens must not be negative") }
  }

  func run() throws {
    compute.apply()
    var job = VerificationRun(
      candidates: quantized, reference: reference, samples: samples.applied(questions: questions))
    job.answerTokens = answerTokens
    job.prompt = prompt.settings
    job.gates = gates.gates
    job.allowsDifferentFiles = gates.allowDifferentFiles
    job.allowsQuantizedReference = quantizedReference
    job.numericMode = try numerics.mode()
    job.memoryLimit = memory.memoryLimit?.bytes
    job.page = page.file(overwriting: force)
    var progress = Progress(output)
    guard !dryRun else {
      let plan = try job.plan { progress.show($0) }
      progress.finish()
      let models = ComputedModels(command: "verify", names: quantized, reference: reference)
      return try output.print(plan.json(models), styled: plan.lines(models))
    }
    let update = try card.update(.verify, of: quantized, &progress)
    let report = try job.run { progress.show($0) }
    progress.finish()
    if let update { try update.write(report.reports[update.number].cardLines(version: Version.current)) }
    let pictures = try job.samples.pictures()
    try output.print(
      report.json(pictures), styled: report.lines(width: StandardOutput.columnCount) + pictures.lines)
    if !report.passes { throw ExitCode(1) }
  }
}
