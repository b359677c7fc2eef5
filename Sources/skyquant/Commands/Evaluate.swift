// skyquant evaluate: how many points of a benchmark quantization cost.
import ArgumentParser
import JSON
import ModelCards
import Reports
import Storage
import Workflows

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score models on benchmarks, and tell what they lose against the original.",
    discussion: """
      Asks every model the rows of benchmark files as VLMEvalKit's users have them, reads and scores answers by fixed \
      rules, without a judge, and compares row by row: loss with its interval, right to wrong, wrong to right, McNemar's \
      test, and the smallest loss that so many rows could show. Formats/evaluation.md has the rules and formulas.

      Rows that cannot be used are named and counted. With --answers a stopped run goes on where it was: the same \
      command asks only what the file has no answer to, and the report is the same.

      Examples:
        skyquant evaluate MODEL-awq --reference MODEL --benchmark MMStar.tsv
        skyquant evaluate A.skyq B.skyq --reference MODEL --benchmark MMStar.tsv \\
          --benchmark MathVista_MINI.tsv --limit 200 --answers answers.jsonl
      """)

  @Argument(help: "Checkpoint directories, quantized or not, or .skyq files.", completion: .file())
  var models: [String]

  @OptionGroup var evaluation: EvaluationOptions

  @Option(
    help: ArgumentHelp(
      "Keep answers in this file, one JSON object per line, and go on from it (default: beside --out).",
      valueName: "file"), completion: .file())
  var answers: String?

  @Option(help: ArgumentHelp("Also write the report as JSON to this file.", valueName: "file"), completion: .file())
  var out: String?

  @OptionGroup var page: PageOptions
  @OptionGroup var card: CardOptions

  @Flag(help: "Replace existing files of --out and --html.")
  var force = false

  @Flag(
    help: "Only tell what the run would take if nothing is answered yet: questions, memory, time. Nothing is written.")
  var dryRun = false

  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup var numerics: NumericOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try evaluation.requireComplete()
    compute.apply()
    var job = try evaluation.job(models)
    job.prompt = prompt.settings
    job.numericMode = try numerics.mode()
    job.memoryLimit = memory.memoryLimit?.bytes
    job.page = page.file(overwriting: force)
    job.answers = answers ?? out.map { $0 + ".answers.jsonl" }
    try requireOutputs(job)
    var progress = Progress(output)
    guard !dryRun else {
      let plan = try job.plan { progress.show($0) }
      progress.finish()
      let models = ComputedModels(command: "evaluate", names: self.models, reference: evaluation.reference)
      return try output.print(plan.json(models), styled: plan.lines(models))
    }
    let update = try card.update(.evaluate, of: models, &progress)
    let report = try job.run { progress.show($0) }
    progress.finish()
    if let update { try update.write(report.cardLines(of: update.number, version: Version.current)) }
    if let out {
      var writer = try AtomicFileWriter(path: out, overwriting: force, permissions: OutputPermissions(from: inputs))
      try writer.append(try report.json.serialized(.pretty) + [UInt8(ascii: "\n")])
      try writer.commit()
    }
    try output.print(report.json, styled: report.lines)
  }

  /// What is read.
  private var inputs: [String] {
    let instruction = evaluation.instruction.map { [$0] } ?? []
    return models + evaluation.benchmark + evaluation.referenceAnswers + instruction
      + (evaluation.reference.map { [$0] } ?? [])
  }

  /// Checks before the work that what is to be written takes nothing that is read.
  private func requireOutputs(_ job: EvaluationRun) throws {
    let reports = [out, page.html].compactMap(\.self)
    if let answers = job.answers { try requireOutput(answers, keeping: inputs, besides: reports) }
    if let html = page.html { try requireOutput(html, keeping: inputs, besides: out.map { [$0] } ?? []) }
    guard let out else { return }
    try requireOutput(out, keeping: inputs)
    try AtomicFileWriter.require(path: out, overwriting: force)
  }
}
