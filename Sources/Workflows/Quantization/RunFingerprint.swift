// What decides a quantization's result beside the weights: a stopped run may only go on with the same.
internal import JSON
internal import ModelFiles
internal import Storage

struct RunFingerprint {
  /// The recipe, whole, its settings under the names of their options.
  let recipe: JSONObject
  /// The original model.
  let source: ModelFile
  let samples: CalibrationSet

  /// Everything by name, so that what differs can be named: settings as they are, files and samples by their
  /// SHA-256.
  var json: JSONValue {
    get throws {
      var files = JSONObject()
      for (name, digest) in try source.carriedDigests { files[name] = .string(digest.description) }
      // First what the rest may follow from.
      var parts = JSONObject()
      parts["files"] = .object(files)
      for (name, setting) in recipe.members { parts[name] = setting }
      parts["samples"] = .array(samples.digests.map { .string($0.description) })
      return .object(parts)
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
