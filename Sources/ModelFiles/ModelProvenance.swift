// How a model was made, as its files tell: the recipe that quantized it, what it was calibrated on, what that cost.
public import JSON
internal import Skyq
internal import Storage
internal import Tensors

/// What a model's files tell of how it was made.
public struct ModelProvenance: Sendable, Equatable {
  /// What packed it, from which files; nil for a directory.
  public let packing: JSONValue?
  /// The recipe as it was run.
  public let recipe: JSONValue?
  /// What it was calibrated on; nil too if nothing was.
  public let calibration: JSONValue?
  /// What it cost each linear.
  public let linears: JSONValue?
  /// Reports of verifications, by their names; only a .skyq file has any.
  public let evaluations: JSONObject

  /// Reads what `file` tells: a .skyq file in sections, a directory in `skyquant.json`.
  /// - Throws: `SkyqError` for damaged sections, `ModelFilesError.missingFile` if a quantized directory has no
  ///   `skyquant.json`, `.unsupported` if the model was not quantized or by another program.
  public init(_ file: ModelFile) throws {
    if let skyq = file.files as? SkyqFile {
      packing = try skyq.json(.provenance)
      recipe = try skyq.json(.recipe)
      calibration = try skyq.json(.calibration)
      linears = try skyq.json(.statistics)
      var reports = JSONObject()
      for section in skyq.sections where section.knownType == .evaluation {
        reports[section.name] = try skyq.json(.evaluation, named: section.name)
      }
      evaluations = reports
      return
    }
    guard file.kind.isQuantizedCheckpoint else {
      throw ModelFilesError.unsupported(path: file.path, reason: "is not quantized: no file tells how it was made")
    }
    guard let bytes = try file.files.bytes(of: AWQCheckpointWriter.provenanceName) else {
      throw ModelFilesError.missingFile(path: file.path, name: AWQCheckpointWriter.provenanceName)
    }
    guard let record = QuantizationRecord(bytes) else {
      throw ModelFilesError.unsupported(
        path: file.path, reason: "\(AWQCheckpointWriter.provenanceName) is not what this skyquant writes")
    }
    packing = nil
    evaluations = JSONObject()
    recipe = record.recipe
    calibration = record.calibration
    linears = record.linears
  }
}

/// The parts of a `skyquant.json` that go into sections of their own.
struct QuantizationRecord {
  let recipe: JSONValue
  /// Nil if there was nothing to calibrate on.
  let calibration: JSONValue?
  let linears: JSONValue

  /// Nil if `bytes` are not a report of `quantize` with a recipe.
  init?(_ bytes: [UInt8]) {
    guard let document = try? JSONValue(parsing: bytes), document["schema"] == "skyquant.quantize/1",
      let recipe = document["recipe"], recipe.objectValue != nil, let linears = document["linears"],
      linears.arrayValue != nil
    else { return nil }
    self.recipe = recipe
    let calibration = document["calibration"] ?? .null
    self.calibration = calibration.isNull ? Optional.none : calibration
    self.linears = linears
  }

  /// Sections of a .skyq file. None of what has no canonical spelling, as nesting beyond 32 has not; `skyquant.json`,
  /// which goes along as a file, holds it all the same.
  var sections: [SkyqSectionContent] {
    let values: [(SkyqSectionType, JSONValue?)] = [
      (.recipe, recipe), (.calibration, calibration), (.statistics, linears),
    ]
    return values.compactMap { type, value in
      value.flatMap { try? SkyqSectionContent(type, json: $0.withoutFractions) }
    }
  }
}

extension JSONValue {
  /// The same with every number that canonical JSON does not have as a string, as Formats/skyq.md §7 wants it.
  var withoutFractions: JSONValue {
    switch self {
    case .number(let number):
      let isCanonical = number.intValue.map { $0.magnitude < 1 << 53 && "\($0)" == number.literal } ?? false
      return isCanonical ? self : .string(number.literal)
    case .array(let elements): return .array(elements.map(\.withoutFractions))
    case .object(let object):
      var members = JSONObject()
      for (key, value) in object.members { members[key] = value.withoutFractions }
      return .object(members)
    case .null, .bool, .string: return self
    }
  }
}
