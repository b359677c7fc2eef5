// The values of a recipe's JSON, each of the type that its key asks for.
internal import Basics
internal import Calibration
internal import JSON
internal import LayerSearch
internal import Tensors

/// Reads settings by their keys. A key that is absent or null gives nil; an error names file, key, what was expected
/// and what was found.
struct SettingReader {
  private let object: JSONObject
  private let path: String

  init(_ value: JSONValue, path: String) throws(RecipeFileError) {
    guard let object = value.objectValue else {
      throw RecipeFileError(path: path, problem: "'recipe': expected an object, found \(value.kindName)")
    }
    self.object = object
    self.path = path
  }

  /// Refuses keys that no recipe has, as a mistyped setting would silently have its default.
  func requireKnownKeys() throws(RecipeFileError) {
    guard let unknown = object.keys.first(where: { RecipeKey(rawValue: $0) == nil }) else { return }
    let nearest = RecipeKey.nearest(to: unknown).rawValue
    throw RecipeFileError(
      path: path, problem: "no setting is called '\(unknown.displayed)'; the nearest is '\(nearest)'")
  }

  func string(_ key: RecipeKey) throws(RecipeFileError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.stringValue else { throw failure(key, "a string") }
    return text
  }

  func bool(_ key: RecipeKey) throws(RecipeFileError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.boolValue else { throw failure(key, "true or false") }
    return flag
  }

  func integer(_ key: RecipeKey, in range: ClosedRange<Int>) throws(RecipeFileError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.intValue, range.contains(number) else {
      throw failure(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number; in a .skyq file, whose JSON has no fractions, its decimal text.
  func double(_ key: RecipeKey) throws(RecipeFileError) -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.doubleValue ?? value.stringValue.flatMap(Double.init), number.isFinite else {
      throw failure(key, "a number")
    }
    return number
  }

  /// The strings of a list; none for an absent one.
  func strings(_ key: RecipeKey) throws(RecipeFileError) -> [String] {
    guard let value = value(key) else { return [] }
    guard let list = value.arrayValue else { throw failure(key, "a list of strings") }
    let texts = list.compactMap(\.stringValue)
    guard texts.count == list.count else { throw failure(key, "a list of strings") }
    // A pattern is a string of C, which ends there.
    guard !texts.contains(where: { $0.utf8.contains(0) }) else { throw failure(key, "strings without U+0000") }
    return texts
  }

  /// The rules of a list of objects with `pattern` and `scheme`; none for an absent one.
  func rules(_ key: RecipeKey) throws(RecipeFileError) -> [ModuleRule] {
    guard let value = value(key) else { return [] }
    let rules = value.arrayValue?.compactMap { rule -> ModuleRule? in
      guard let object = rule.objectValue, object.count == 2, let text = rule["pattern"]?.stringValue, !text.isEmpty,
        !text.utf8.contains(0), let name = rule["scheme"]?.stringValue,
        let outcome = ModuleRule.Outcome.allCases.first(where: { $0.name == name })
      else { return nil }
      return ModuleRule(NamePattern(text), outcome)
    }
    guard let rules, rules.count == value.arrayValue?.count else {
      let names = ModuleRule.Outcome.allCases.map(\.name).joined(separator: ", ")
      throw failure(key, "a list of {\"pattern\": …, \"scheme\": …} with one of \(names)")
    }
    return rules
  }

  func steps(_ key: RecipeKey) throws(RecipeFileError) -> [QuantizationStep] {
    let names = try strings(key)
    let steps = names.compactMap(QuantizationStep.init(rawValue:))
    guard steps.count == names.count else {
      throw failure(key, "a list of " + QuantizationStep.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return steps
  }

  /// The forms of a list; nil for an absent one.
  func raisedForms(_ key: RecipeKey) throws(RecipeFileError) -> Set<RaisedForm>? {
    guard value(key) != nil else { return nil }
    let names = try strings(key), forms = names.compactMap(RaisedForm.init(rawValue:))
    guard !forms.isEmpty, forms.count == names.count else {
      throw failure(key, "a list of one or more of " + RaisedForm.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return Set(forms)
  }

  /// The one of `choices` that has this name.
  func named<Choice>(
    _ key: RecipeKey, _ choices: [Choice], _ name: (Choice) -> String
  ) throws(RecipeFileError) -> Choice? {
    guard let text = try string(key) else { return nil }
    guard let choice = choices.first(where: { name($0) == text }) else {
      throw failure(key, "one of " + choices.map(name).joined(separator: ", "))
    }
    return choice
  }

  func tokenWeighting(_ key: RecipeKey) throws(RecipeFileError) -> TokenWeighting? {
    guard let text = try string(key) else { return nil }
    guard let weighting = TokenWeighting(text: text) else {
      throw failure(key, "\"uniform\" or \"IMAGE,PROMPT,ANSWER\" shares")
    }
    return weighting
  }

  /// Checks that what stands there, if anything does, is an object.
  func requireObject(_ key: RecipeKey) throws(RecipeFileError) {
    if let value = value(key), value.objectValue == nil { throw failure(key, "an object") }
  }

  /// What to say about the value of `key`.
  func failure(_ key: RecipeKey, _ expected: String) -> RecipeFileError {
    let found = object[key.rawValue]
    let text = found?.stringValue.map { "\"\($0.displayed)\"" } ?? found?.scalarText ?? "nothing"
    return RecipeFileError(path: path, problem: "'\(key.rawValue)': expected \(expected), found \(text)")
  }

  /// What to say about a value of the right type that is of no use.
  func unusable(_ error: RecipeError) -> RecipeFileError {
    RecipeFileError(path: path, problem: "'\(error.setting.replacing("-", with: "_"))': \(error.demand)")
  }

  private func value(_ key: RecipeKey) -> JSONValue? {
    guard let value = object[key.rawValue], !value.isNull else { return nil }
    return value
  }
}

extension JSONValue {
  /// What kind of value this is, for messages.
  fileprivate var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// A number or truth value as written, of others the kind.
  fileprivate var scalarText: String {
    switch self {
    case .number(let number): number.literal.displayed
    case .bool(let flag): flag ? "true" : "false"
    default: kindName
    }
  }
}
