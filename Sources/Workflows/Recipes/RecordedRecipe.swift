// A recipe as a file holds it: what a run was told, so that another run can be told the same.
public import JSON
internal import Calibration
internal import Kernels
internal import LayerSearch
internal import ModelInputs
internal import Quantization
internal import Storage
internal import Tensors

/// A recipe read from a file, to be run again.
public struct RecordedRecipe: Sendable, Equatable {
  /// The settings; where its samples lie is not among what a file holds.
  public var recipe = Recipe()
  /// The version of skyquant that ran it; nil if a person wrote the file.
  public var version: String?
  /// What its products were made with: `NumericMode.name`.
  public var numericMode: String?
  /// The file that it was read from; nil for one that was made in memory.
  public private(set) var path: String?
  /// What the model was calibrated on, if the file tells.
  public var calibration: CalibrationRecord?

  /// The defaults.
  public init() {}

  /// Generous for what `quantize` writes, small against memory.
  private static let byteLimit = 256 << 20

  /// The schema of a recipe's JSON.
  static let schema = "skyquant.recipe/1"

  /// Reads the recipe of `path`: a recipe alone, a `skyquant.json`, or what `inspect --provenance --json` printed. A
  /// key that is not there has its default.
  /// - Throws: `StorageError`; `RecipeFileError` for what is no recipe, names the key.
  public init(path: String) throws {
    let bytes = try readFile(path, limit: Self.byteLimit)
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONValue(parsing: bytes)
    } catch {
      throw RecipeFileError(path: path, problem: "\(error)")
    }
    try self.init(document, path: path)
    self.path = path
  }

  /// The recipe in a parsed file.
  /// - Parameter path: What errors call it.
  /// - Throws: `RecipeFileError`.
  public init(_ document: JSONValue, path: String) throws(RecipeFileError) {
    guard document.objectValue != nil else {
      throw RecipeFileError(path: path, problem: "expected an object with the settings of a recipe")
    }
    switch document["schema"]?.stringValue {
    case "skyquant.quantize/1", "skyquant.provenance/1":
      guard let recipe = document["recipe"], !recipe.isNull else {
        throw RecipeFileError(
          path: path, problem: "holds no recipe: an older skyquant or another program made the model")
      }
      try self.init(settings: SettingReader(recipe, path: path))
      guard let calibration = document["calibration"], !calibration.isNull else { return }
      guard let record = CalibrationRecord(calibration) else {
        throw RecipeFileError(
          path: path, problem: "'calibration': is not what quantize writes; take the file that it wrote")
      }
      self.calibration = record
    default: try self.init(settings: SettingReader(document, path: path))
    }
  }

  private init(settings: SettingReader) throws(RecipeFileError) {
    try settings.requireKnownKeys()
    if let schema = try settings.string(.schema), schema != Self.schema {
      throw settings.failure(.schema, "\"\(Self.schema)\"")
    }
    version = try settings.string(.version)
    numericMode = try settings.string(.numericMode)
    // One that is not known is told of by the run.
    recipe.numericMode = numericMode.flatMap { ReproducibleMode(named: $0) } ?? recipe.numericMode
    try settings.requireObject(.resolved)
    recipe.method = try settings.named(.method, QuantizationMethod.allCases, \.name) ?? recipe.method
    recipe.codes = try settings.named(.scheme, CodeScheme.allCases, \.rawValue) ?? recipe.codes
    recipe.groupSize = try settings.integer(.groupSize, in: 0...1 << 20) ?? recipe.groupSize
    recipe.damping = try settings.double(.damping) ?? recipe.damping
    recipe.correctionDamping = try settings.double(.correctionDamping) ?? recipe.correctionDamping
    recipe.widestGram = try settings.integer(.widestGram, in: 0...1 << 53)
    recipe.heldOutEvery = try settings.integer(.heldOutEvery, in: 0...1 << 53) ?? recipe.heldOutEvery
    recipe.include = try settings.strings(.include).map { NamePattern($0) }
    recipe.skip = try settings.strings(.skip).map { NamePattern($0) }
    recipe.rules = try settings.rules(.rules)
    recipe.omitted = Set(try settings.steps(.without))
    recipe.propagation = try settings.named(.propagate, Propagation.allCases, \.rawValue)
    recipe.tokenWeighting = try settings.tokenWeighting(.tokenWeights)
    recipe.sixteenBitBytes = try settings.integer(.keepSixteenBit, in: 0...1 << 53)
    recipe.targetBitsPerWeight = try settings.double(.targetBitsPerWeight)
    recipe.raisedForms = try settings.raisedForms(.raiseTo) ?? recipe.raisedForms
    recipe.shardByteCount = try settings.integer(.shardSize, in: 0...1 << 53)
    recipe.devices = try settings.integer(.padFor, in: 0...1 << 53)
    recipe.baseModel = try settings.string(.baseModel)
    recipe.keepsCard = try settings.bool(.keepCard) ?? false
    recipe.prompt = PromptSettings(
      template: try settings.string(.template), system: try settings.string(.system),
      thinks: try settings.bool(.think))
    recipe.samples.window = try settings.integer(.window, in: SampleSource.windows) ?? recipe.samples.window
    recipe.samples.limit = try settings.integer(.samples, in: 1...1 << 53)
    do throws(RecipeError) {
      try recipe.requireUsable()
    } catch {
      throw settings.unusable(error)
    }
  }
}

extension RecordedRecipe {
  /// The file that the recipe was calibrated on, by its name beside the recipe file `path` or in the current directory.
  /// - Throws: `WorkflowError.missingCalibration` if it is in neither.
  public func origin(near path: String) throws(WorkflowError) -> SampleSource.Origin {
    guard let calibration else { return .nothing }
    let name = calibration.name
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    // The name comes from a file: it must not lead anywhere else.
    guard (try? requirePlainFileName(name)) != nil,
      let found = [directory + name, name].first(where: { resolvedPath($0) != nil })
    else { throw .missingCalibration(recipe: path, name: name) }
    return calibration.kind == .text ? .text(path: found) : .questions(path: found)
  }
}

extension Recipe {
  /// As a file holds it. What is null was left to the method or to the model's files, `resolved` says what came of it.
  /// - Parameter name: What each key is called, if not as in a file.
  func json(numericMode: String, resolved: JSONValue, name: (RecipeKey) -> String = \.rawValue) -> JSONObject {
    var object = JSONObject()
    func set(_ key: RecipeKey, _ value: JSONValue?) { object[name(key)] = value ?? .null }
    set(.schema, .string(RecordedRecipe.schema))
    set(.version, .string(Version.current))
    set(.numericMode, .string(numericMode))
    set(.method, .string(method.name))
    set(.without, .array(omitted.map(\.rawValue).sorted().map(JSONValue.string)))
    set(.scheme, .string(codes.rawValue))
    set(.groupSize, .integer(groupSize))
    set(.damping, .double(damping))
    set(.correctionDamping, .double(correctionDamping))
    set(.heldOutEvery, .integer(heldOutEvery))
    set(.include, .array(include.map { .string($0.text) }))
    set(.skip, .array(skip.map { .string($0.text) }))
    set(.propagate, propagation.map { .string($0.rawValue) })
    set(.tokenWeights, tokenWeighting.map { .string($0.text) })
    set(.keepSixteenBit, sixteenBitBytes.map(JSONValue.integer))
    set(.template, prompt.template.map(JSONValue.string))
    set(.system, prompt.system.map(JSONValue.string))
    set(.think, prompt.thinks.map(JSONValue.bool))
    set(.window, .integer(samples.window))
    set(.samples, samples.limit.map(JSONValue.integer))
    if let widestGram { set(.widestGram, .integer(widestGram)) }
    // What few ask for is told where it was asked for: all else stays as it was without.
    if !rules.isEmpty {
      set(.rules, .array(rules.map { ["pattern": .string($0.pattern.text), "scheme": .string($0.outcome.name)] }))
    }
    if let targetBitsPerWeight {
      set(.targetBitsPerWeight, .double(targetBitsPerWeight))
      set(.raiseTo, .array(raisedForms.map(\.rawValue).sorted().map(JSONValue.string)))
    }
    if let shardByteCount { set(.shardSize, .integer(shardByteCount)) }
    if let devices { set(.padFor, .integer(devices)) }
    if let baseModel { set(.baseModel, .string(baseModel)) }
    if keepsCard { set(.keepCard, .bool(true)) }
    set(.resolved, resolved)
    return object
  }
}
