// skyquant quantize: calibrate, search, write an AWQ checkpoint.
import ArgumentParser
import Calibration
import JSON
import LayerSearch
import ModelFiles
import ModelInputs
import Quantization
import Storage

struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Quantize a model to an AWQ int4 checkpoint.",
    discussion: """
      Reads MODEL's shards, runs the calibration questions through it one decoder layer at a time, and writes a \
      directory that vLLM, lmdeploy and transformers load: AWQ GEMM int4 for the language model's linears, everything \
      else as it was. No linear ends worse than plain rounding on calibration tokens kept aside.

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

  @Option(help: ArgumentHelp("How to quantize.", discussion: Self.methodHelp))
  var method: QuantizationMethod = .best

  @Option(help: "Input features that share a scale and a zero: 32, 64 or 128.")
  var groupSize = 128

  @Option(help: "Keep every N-th sample aside to judge by, at least one; 0 judges by the fitted tokens.")
  var heldOutEvery = 8

  @Option(
    help: ArgumentHelp(
      "How little codes are fitted to the calibration tokens: share of the Hessian's mean added to its diagonal.",
      discussion: "1 if users will ask about other things than the calibration samples, 0.05 if not."))
  var damping = QuantizationOptions.defaultDamping

  @Option(help: "Quantize only linears whose name matches (repeatable).")
  var include: [NamePattern] = []

  @Option(help: "Leave linears whose name matches in 16 bit (repeatable).")
  var skip: [NamePattern] = []

  @Option(
    help: ArgumentHelp(
      "Statistics from the original activations (float) or from those of the layers quantized so far.",
      discussion: Self.propagationHelp))
  var propagate: Propagation?

  @Option(
    help: ArgumentHelp(
      "How tokens count: uniform, or IMAGE,PROMPT,ANSWER shares.",
      discussion: """
        1,1,1, the default, gives picture, prompt and answer tokens the same share, however many there are; uniform is \
        the default for awq-compat. Plain text has one class.
        """, valueName: "weights"))
  var tokenWeights: TokenWeighting?

  @Option(
    name: .customLong("keep-16bit"),
    help: ArgumentHelp(
      "Leave the linears with the largest error per byte in 16 bit, for at most so many more bytes.",
      discussion: "A number with B, kB, MB, GB, KiB, MiB or GiB. Costs a second pass.", valueName: "bytes"))
  var keepSixteenBit: ByteBudget?

  @Option(help: "Also write what quantization cost each linear into the new directory DIR, as JSON and CSV.")
  var report: String?

  @Option(
    help: ArgumentHelp(
      "Leave a step out, to measure what it is worth (repeatable).",
      discussion: QuantizationStep.allCases.map(\.rawValue).joined(separator: ", "), valueName: "step"))
  var without: [QuantizationStep] = []

  @Flag(help: "Replace an existing output directory; a stopped run's work is dropped.")
  var force = false

  @Flag(help: "Go on where a run with the same settings and files was stopped. The result is the same, byte for byte.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Secure the work after a layer if the last time is so long ago, so that --resume can go on from there.",
      valueName: "seconds"))
  var checkpointEvery = 60.0

  @OptionGroup var source: SourceOptions
  @OptionGroup var samples: SampleOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  static let methodHelp = QuantizationMethod.allCases.map { "\($0.name): \($0.summary)" }.joined(separator: "\n")

  static let propagationHelp: String = {
    let methods = QuantizationMethod.allCases.filter { $0.defaultPropagation == .float }.map(\.name)
    return "quantized, but float for \(methods.joined(separator: " and ")), as AutoAWQ does it"
  }()

  func validate() throws {
    guard QuantizationScheme(groupSize: groupSize) != nil else {
      throw ValidationError("--group-size must be 32, 64 or 128")
    }
    guard calibration == nil || samples.text == nil else {
      throw ValidationError("give either --calibration or --text")
    }
    guard calibration != nil || samples.text != nil || !method.needsCalibration else {
      throw ValidationError("--method \(method.name) needs --calibration FILE or --text FILE; only rtn does not")
    }
    guard keepSixteenBit == nil || calibration != nil || samples.text != nil else {
      throw ValidationError("--keep-16bit needs --calibration FILE or --text FILE to know what matters")
    }
    guard damping > 0, damping <= 100 else { throw ValidationError("--damping must be above 0 and at most 100") }
    guard checkpointEvery >= 0 else { throw ValidationError("--checkpoint-every must not be negative") }
    guard heldOutEvery == 0 || heldOutEvery > 1 else { throw ValidationError("--held-out-every must be 0 or above 1") }
  }

  func run() throws {
    compute.apply()
    guard let scheme = QuantizationScheme(groupSize: groupSize) else { return }
    let (include, skip) = (include, skip)
    var options = QuantizationOptions(scheme: scheme, method: method) { module in
      (include.isEmpty || include.contains { $0.matches(module) }) && !skip.contains { $0.matches(module) }
    }
    options.propagation = propagate ?? method.defaultPropagation
    options.omitted = Set(without)
    options.damping = damping
    let job = QuantizationJob(
      source: model, destination: out, calibration: samples.source(questions: calibration), heldOutEvery: heldOutEvery,
      tokenWeighting: tokenWeights ?? method.defaultTokenWeighting, overwrites: force,
      prompt: prompt.settings, options: options,
      sixteenBitBudget: keepSixteenBit.map { SixteenBitBudget(bytes: $0.bytes) }, sourceOptions: source,
      resumes: resume, checkpointInterval: checkpointEvery, report: report)
    var progress = Progress(output)
    let inputs = [model] + (try job.calibration.paths())
    let reports = [report].compactMap(\.self)
    try requireOutput(out, keeping: inputs, besides: reports)
    for report in reports { try requireOutput(report, keeping: inputs, besides: [out]) }
    let summary = try job.run(&progress)
    let pictures = try job.calibration.pictures()
    try output.print(pictures.added(to: summary.json)) { summary.lines + pictures.lines }
  }
}
