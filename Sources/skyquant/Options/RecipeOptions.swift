// How a model is quantized.
import Calibration
import Kernels
import LayerSearch
import Quantization
import ArgumentParser
import Workflows

struct RecipeOptions: ParsableArguments {
  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp(
      "Do what an earlier run did: its skyquant.json, or a recipe taken from there.",
      discussion: """
        Options given here override it, lists replace its lists. Without --calibration and --text its calibration file \
        is looked for by name, beside FILE and in the current directory.
        """, valueName: "file"), completion: .file(extensions: ["json"]))
  var file: String?

  @Option(help: ArgumentHelp("How to quantize (default: \(Recipe().method)).", discussion: Self.methodHelp))
  var method: QuantizationMethod?

  @Option(
    help: ArgumentHelp(
      """
      Four bits with a zero for each group (int4, the default), or with 8 as the zero of all (int4-sym); or eight bits \
      (int8).
      """,
      discussion: """
        int4-sym loses more and is for loaders that look at no zeros: vLLM takes GPTQ files only so (`export --to gptq`). \
        int8 is meant for chosen linears, see --rule.
        """, valueName: "scheme"))
  var scheme: CodeScheme?

  @Option(
    name: .customLong("rule"),
    help: ArgumentHelp(
      "What becomes of linears whose name matches: int4, int4-sym, int8 or 16bit (repeatable; the first that matches).",
      discussion: """
        '*.down_proj=int8' for instance. If any linear has eight bits, which AWQ has no place for, the directory is one of \
        compressed-tensors.
        """, valueName: "pattern=scheme"))
  var rules: [ModuleRule] = []

  @Option(
    help: ArgumentHelp(
      "Input features that share a scale and a zero: 32, 64 or 128 (default: \(Recipe().groupSize)).", valueName: "n"))
  var groupSize: Int?

  @Option(
    help: ArgumentHelp(
      """
      Keep every N-th sample aside to judge by, at least one; 0 judges by the fitted tokens (default: \
      \(Recipe().heldOutEvery)).
      """, valueName: "n"))
  var heldOutEvery: Int?

  @Option(
    help: ArgumentHelp(
      """
      How little codes are fitted to the calibration tokens: share of the Hessian's mean added to its diagonal \
      (default: \(Recipe().damping)).
      """,
      discussion: "1 if users will ask about other things than the calibration samples, 0.05 if not.",
      valueName: "share"))
  var damping: Double?

  @Option(
    help: ArgumentHelp(
      "What multiplies in the model while it is calibrated (default: exact).",
      discussion: """
        bf16 rounds what enters a linear to bf16, as serving in bf16 does: faster where the processor has instructions \
        for it, and the same checkpoint where it has not. Searches and sums are exact in both.
        """, valueName: "mode"))
  var numericMode: ReproducibleMode?

  @Option(help: ArgumentHelp("Quantize only linears whose name matches (repeatable).", valueName: "pattern"))
  var include: [NamePattern] = []

  @Option(help: ArgumentHelp("Leave linears whose name matches in 16 bit (repeatable).", valueName: "pattern"))
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

  @Option(
    name: .customLong("target-bpw"),
    help: ArgumentHelp(
      "Give more bits to the linears that gain most by them, up to so many for each weight of the decoder's linears.",
      discussion: "4.5 for instance; 4.156 is what all have in groups of 128. Costs a second pass.", valueName: "bits"))
  var targetBitsPerWeight: Double?

  @Option(
    help: ArgumentHelp(
      "What --target-bpw raises linears to: 16bit (the default), int8, or int8,16bit.",
      discussion: "AWQ has no place for int8: with it the directory is one of compressed-tensors.", valueName: "forms"))
  var raiseTo: RaisedForms?

  @Option(
    help: ArgumentHelp(
      "Put at most so much into one file of weights, a larger tensor alone (default: 5GB).",
      discussion: "A number with B, kB, MB, GB, KiB, MiB or GiB. It changes no tensor.", valueName: "size"))
  var shardSize: ByteBudget?

  @Option(
    help: ArgumentHelp(
      "Widen the MLPs with zeros, so that so many devices can share them.",
      discussion: "As `export --pad-for` does it to a finished model. It changes no logit.", valueName: "devices"))
  var padFor: Int?

  @Option(
    help: ArgumentHelp(
      "What the original is called on a model hub, for the model card.", valueName: "owner/name"))
  var baseModel: String?

  @Flag(help: "Keep the original's model card, as README.original.md.")
  var keepCard = false

  @Option(
    help: ArgumentHelp("Leave a step out, to measure what it is worth (repeatable).", valueName: "step"))
  var without: [QuantizationStep] = []

  private static let methodHelp = QuantizationMethod.allCases.map { "\($0.name): \($0.summary)" }.joined(
    separator: "\n")

  private static let propagationHelp: String = {
    let methods = QuantizationMethod.allCases.filter { $0.defaultPropagation == .float }.map(\.name)
    return "quantized, but float for \(methods.joined(separator: " and ")), as AutoAWQ does it"
  }()

  /// `recipe` but for what was given here, prompts by its own.
  func applied(to recipe: Recipe) -> Recipe {
    var recipe = recipe
    recipe.method = method ?? recipe.method
    recipe.codes = scheme ?? recipe.codes
    recipe.groupSize = groupSize ?? recipe.groupSize
    recipe.heldOutEvery = heldOutEvery ?? recipe.heldOutEvery
    recipe.damping = damping ?? recipe.damping
    recipe.numericMode = numericMode ?? recipe.numericMode
    if !include.isEmpty { recipe.include = include }
    if !skip.isEmpty { recipe.skip = skip }
    if !rules.isEmpty { recipe.rules = rules }
    recipe.propagation = propagate ?? recipe.propagation
    recipe.tokenWeighting = tokenWeights ?? recipe.tokenWeighting
    recipe.sixteenBitBytes = keepSixteenBit?.bytes ?? recipe.sixteenBitBytes
    recipe.targetBitsPerWeight = targetBitsPerWeight ?? recipe.targetBitsPerWeight
    recipe.raisedForms = raiseTo?.forms ?? recipe.raisedForms
    recipe.shardByteCount = shardSize?.bytes ?? recipe.shardByteCount
    recipe.devices = padFor ?? recipe.devices
    recipe.baseModel = baseModel ?? recipe.baseModel
    recipe.keepsCard = keepCard || recipe.keepsCard
    if !without.isEmpty { recipe.omitted = Set(without) }
    return recipe
  }
}
