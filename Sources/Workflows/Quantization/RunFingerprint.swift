// What decides a quantization's result beside the weights: a stopped run may only go on with the same.
internal import Calibration
internal import LayerSearch
internal import JSON
internal import Kernels
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import Quantization
internal import Storage

struct RunFingerprint {
  let recipe: Recipe
  /// What becomes of the recipe.
  let options: QuantizationOptions
  /// The original model.
  let source: ModelFile
  let samples: CalibrationSet
  let numericMode: NumericMode

  /// Everything by name, so that what differs can be named: settings as they are, files and samples by their
  /// SHA-256.
  var json: JSONValue {
    get throws {
      let config = source.config.text
      let modules = (0..<config.layerCount).flatMap { layer in
        DecoderLinear.allCases.map { $0.moduleName(layer: layer) }.filter { options.isIncluded($0) }
      }
      var files = JSONObject()
      for (name, digest) in try source.carriedDigests { files[name] = .string(digest.description) }
      return [
        "version of skyquant": .string(Version.current), "arithmetic": .string(numericMode.name),
        "--method": .string(options.method.name), "--group-size": .integer(options.scheme.groupSize),
        "--propagate": .string(options.propagation.rawValue), "--damping": .string("\(options.damping)"),
        "--without": .array(options.omitted.map(\.rawValue).sorted().map(JSONValue.string)),
        "--keep-16bit": .integer(recipe.sixteenBitBytes ?? -1), "--template": .string(recipe.prompt.template ?? ""),
        "--system": recipe.prompt.system.map(JSONValue.string) ?? .null,
        "--think": recipe.prompt.thinks.map(JSONValue.bool) ?? .null,
        "linears": .array(modules.map(JSONValue.string)), "files": .object(files),
        "samples": .array(samples.digests.map { .string($0.description) }),
      ]
    }
  }
}

extension JSONValue {
  /// Where this first differs from `other`, as `files/config.json` or `samples/3`; nil if it does not.
  func firstDifference(from other: JSONValue) -> String? {
    guard self != other else { return nil }
    func path(_ name: String, _ mine: JSONValue?, _ its: JSONValue?) -> String? {
      guard mine != its else { return nil }
      guard let mine, let its else { return name }
      return [name, mine.firstDifference(from: its) ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
    }
    switch (self, other) {
    case (.object(let mine), .object(let its)):
      return (mine.keys + its.keys).lazy.compactMap { path($0, mine[$0], its[$0]) }.first
    case (.array(let mine), .array(let its)) where mine.count == its.count:
      return mine.indices.lazy.compactMap { path("\($0)", mine[$0], its[$0]) }.first
    default: return ""
    }
  }
}
