// What models are asked for an evaluation, and how.
import ArgumentParser
import Basics
import Benchmarks
import Evaluation
import ReferenceModel
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

  @Option(
    help: ArgumentHelp(
      "Which rows --limit takes, and what is drawn; the same number takes and draws the same.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "How answers come about.",
      discussion: """
        generate: the model writes them; choice-logits: the option's letter that is likeliest where an answer without \
        reasoning would stand, which compares models quickly and is no benchmark's score.
        """, valueName: "mode"))
  var mode = EvaluationMode.generate

  @Option(help: ArgumentHelp("Draw answers at this temperature; 0 is greedy.", valueName: "t"))
  var temperature = 0.0

  @Option(help: ArgumentHelp("Draw among the K likeliest tokens only; 0 for all.", valueName: "k"))
  var topK = 50

  @Option(help: ArgumentHelp("Draw among the likeliest tokens that make up this probability.", valueName: "p"))
  var topP = 1.0

  @Option(
    help: ArgumentHelp("Divide the scores of tokens that an answer has already by this.", valueName: "factor"))
  var repetitionPenalty = 1.0

  @Option(help: ArgumentHelp("Answers to each row, whose mean counts; needs a --temperature.", valueName: "k"))
  var samples = 1

  @Option(help: ArgumentHelp("Most tokens of an answer.", valueName: "n"))
  var maxTokens = EvaluationRun.defaultMaxTokens

  @Flag(
    help: """
      Ask the original once more with other batches, and with OpenBLAS if it is there: how many answers change by that alone.
      """)
  var floor = false

  @Option(
    help: ArgumentHelp(
      "Answer at most so many rows together, fewer if memory is short. Answers do not depend on it.", valueName: "n"))
  var batchSize = EvaluationRun.defaultBatchSize

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
    guard temperature >= 0, temperature.isFinite else { throw ValidationError("--temperature must not be negative") }
    guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be above 0 and at most 1") }
    guard topK >= 0 else { throw ValidationError("--top-k must not be negative") }
    guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
      throw ValidationError("--repetition-penalty must be positive")
    }
    guard (1...1024).contains(samples) else { throw ValidationError("--samples must be from 1 to 1024") }
    guard samples == 1 || temperature > 0 else {
      throw ValidationError("--samples asks for different answers, which only a --temperature above 0 gives")
    }
    guard mode == .generate || (temperature == 0 && repetitionPenalty == 1) else {
      throw ValidationError("--mode \(mode.rawValue) draws nothing: leave out --temperature and --repetition-penalty")
    }
    guard mode == .generate || referenceAnswers.isEmpty else {
      throw ValidationError("--mode \(mode.rawValue) needs the original itself: give --reference")
    }
    guard !floor || reference != nil else { throw ValidationError("--floor asks the original again: give --reference") }
    guard batchSize >= 1 else { throw ValidationError("--batch-size must be at least 1") }
  }

  /// An evaluation of `models` as it was asked for.
  func job(_ models: [String]) throws -> EvaluationRun {
    var job = EvaluationRun(models: models, benchmarks: benchmark)
    job.reference = reference.map { .model(path: $0) }
    if !referenceAnswers.isEmpty { job.reference = .answers(paths: referenceAnswers) }
    (job.limit, job.seed, job.maxTokens, job.batchSize) = (limit, seed, maxTokens, batchSize)
    (job.layout, job.keepsMissingWords, job.isStrict) = (layout, keepNone, strict)
    (job.mode, job.samples, job.measuresFloor) = (mode, samples, floor)
    job.sampling = SamplingOptions(
      temperature: temperature, topK: topK > 0 ? topK : nil, topP: topP, repetitionPenalty: repetitionPenalty)
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
