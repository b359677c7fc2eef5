// JSON files whose keys other programs read, compared by what the keys mean to those.
internal import JSON
internal import Storage

/// Which keys of a file say something about the model, and what they mean when they are absent.
struct SettingsFile {
  let name: String
  /// Versions, and names of classes: each program has its own for the same thing.
  let ignoredKeys: Set<String>
  /// Settings that say what is done anyway.
  let defaults: [String: JSONValue]

  /// How answers are sampled and where they end.
  static let generation = SettingsFile(
    name: "generation_config.json", ignoredKeys: ["transformers_version", "_from_model_config"],
    defaults: [
      "do_sample": false, "temperature": 1, "top_p": 1, "repetition_penalty": 1, "num_beams": 1,
    ])

  /// What is done to pictures, in each of the places where it may stand.
  static let pictures = ["preprocessor_config.json", "processor_config.json"].map {
    SettingsFile(
      name: $0,
      ignoredKeys: [
        "transformers_version", "auto_map", "processor_class", "image_processor_type", "feature_extractor_type",
        "_valid_processor_keys", "_processor_class",
      ],
      defaults: [
        "do_resize": true, "do_normalize": true, "do_rescale": true, "rescale_factor": .double(1.0 / 255),
        "do_convert_rgb": true,
      ])
  }

  /// The settings that `files` has in this file; nil if there is no such file. One that is no JSON object has a single
  /// setting, why.
  /// - Throws: what reading throws.
  func settings(in files: any NamedFiles) throws -> SettingList? {
    guard let bytes = try files.bytes(of: name) else { return nil }
    var list = SettingList(file: name)
    do {
      guard let object = try JSONValue(parsing: bytes).objectValue else {
        list.add("content", "no object")
        return list
      }
      for (key, value) in object.members where !ignoredKeys.contains(key) {
        let meaning = value.meaning(of: key, ignoring: ignoredKeys)
        if !value.isNull, meaning != defaults[key]?.meaning(of: key) { list.add(key, meaning) }
      }
    } catch {
      list.add("content", "\(error)")
    }
    return list
  }

  /// What differs; a file that only one of the two has is one difference, unless nothing is in it.
  /// - Throws: what reading throws.
  func differences(of own: any NamedFiles, from reference: any NamedFiles) throws -> [CompanionDifference] {
    let (mine, theirs) = (try settings(in: own), try settings(in: reference))
    if let mine, let theirs { return mine.differences(from: theirs) }
    guard let present = mine ?? theirs, !present.settings.isEmpty else { return [] }
    let keys = present.settings.map(\.name).joined(separator: ", ")
    return [
      CompanionDifference(
        file: name, setting: "file", reference: theirs == nil ? "missing" : "with \(keys)",
        own: mine == nil ? "missing" : "with \(keys)")
    ]
  }
}

extension JSONValue {
  /// One spelling of the value for all that mean the same under `key`: members sorted and those that are null left out,
  /// numbers by their value in single precision, a list of ids as a set, a size of equal sides as one number.
  func meaning(of key: String = "", ignoring ignoredKeys: Set<String> = []) -> String {
    if key.hasSuffix("token_id"), let ids = arrayValue, ids.allSatisfy({ $0.intValue != nil }) {
      return Set(ids.compactMap(\.intValue)).sorted().map(String.init).joined(separator: ", ")
    }
    switch self {
    case .null: return "null"
    case .bool(let flag): return "\(flag)"
    case .number(let number): return number.meaning
    case .string(let text): return "\"\(text)\""
    case .array(let elements):
      return "[" + elements.map { $0.meaning(ignoring: ignoredKeys) }.joined(separator: ", ") + "]"
    case .object(let object):
      let members = object.members.filter { !$0.value.isNull && !ignoredKeys.contains($0.key) }
        .map { (key: $0.key, value: $0.value.meaning(of: $0.key, ignoring: ignoredKeys)) }
      let values = Set(members.map(\.value))
      if ["size", "crop_size"].contains(key), values.count == 1, let side = values.first { return side }
      return "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    }
  }
}

extension JSONNumber {
  /// `5` for 5, 5.0 and 5e0; the shortest fraction that is the same in single precision, in which all of them are used.
  fileprivate var meaning: String {
    if let integer = intValue ?? Int(exactly: doubleValue) { return String(integer) }
    return "\(Float(doubleValue))"
  }
}
