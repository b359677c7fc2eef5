// What models are asked for an evaluation, and how.
import ArgumentParser
import Basics
import Benchmarks
import Storage
import Workflows

struct EvaluationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A benchmark: a TSV file as VLMEvalKit has it, or questions, one JSON object per line (.jsonl) (repeatable).",
      valueName: "file"), completion: .file())
  var benchmark: [String] = []

  @Option(
    help: ArgumentHelp("The original model, which is asked the same questions.", valueName: "model"),
    completion: .file())
  var reference: String?

  @Option(
    help: ArgumentHelp(
      "The original's answers instead: index and prediction as TSV or JSON lines, a file for each benchmark (repeatable).",
      valueName: "file"), completion: .file())
  var referenceAnswers: [String] = []

  @Option(help: ArgumentHelp("At most so many rows of each benchmark, by whole groups.", valueName: "n"))
  var limit: Int?

  @Option(help: ArgumentHelp("Which rows --limit takes; the same number takes the same.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Most tokens of an answer.", valueName: "n"))
  var maxTokens = EvaluationRun.defaultMaxTokens

  @Option(
    help: ArgumentHelp(
      "How pictures and texts become one prompt.",
      discussion: """
        front: all <image> in front, as vLLM's server does; interleave: where they stand; internvl: as VLMEvalKit's \
        InternVL class.
        """, valueName: "layout"))
  var layout = PromptLayout.front

  @Option(
    help: ArgumentHelp(
      "Text to ask for an answer with, in the place of the benchmark's own; a line end at its end does not count.",
      valueName: "file"), completion: .file())
  var instruction: String?

  @Flag(help: "Keep options such as None, which VLMEvalKit takes for missing.")
  var keepNone = false

  @Flag(help: "End at the first row that cannot be used, instead of counting it.")
  var strict = false

  /// Bytes of an instruction.
  private static let instructionByteLimit = 1 << 20

  /// Not `validate`; see `QuantizationArguments`.
  func requireComplete() throws {
    guard !benchmark.isEmpty else { throw ValidationError("give at least one --benchmark") }
    guard reference == nil || referenceAnswers.isEmpty else {
      throw ValidationError("give either --reference or --reference-answers")
    }
    guard referenceAnswers.isEmpty || referenceAnswers.count == benchmark.count else {
      throw ValidationError("give --reference-answers once for each --benchmark, in the same order")
    }
    guard limit ?? 1 >= 1 else { throw ValidationError("--limit must be at least 1") }
    guard maxTokens >= 1 else { throw ValidationError("--max-tokens must be at least 1") }
  }

  /// An evaluation of `models` as it was asked for.
  func job(_ models: [String]) throws -> EvaluationRun {
    var job = EvaluationRun(models: models, benchmarks: benchmark)
    job.reference = reference.map { .model(path: $0) }
    if !referenceAnswers.isEmpty { job.reference = .answers(paths: referenceAnswers) }
    (job.limit, job.seed, job.maxTokens) = (limit, seed, maxTokens)
    (job.layout, job.keepsMissingWords, job.isStrict) = (layout, keepNone, strict)
    job.instruction = try instruction.map(Self.text)
    return job
  }

  private static func text(of path: String) throws -> String {
    let bytes = try readFile(path, limit: instructionByteLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UserError(description: "\(path.displayed): is not UTF-8", category: .malformedInput)
    }
    return text.last?.isNewline == true ? String(text.dropLast()) : text
  }
}
