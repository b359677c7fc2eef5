// The keys of a recipe's JSON, and which of them a wrong one was meant to be.
public import Basics
internal import Tensors

/// A key of a recipe's JSON; Formats/report.md says what each holds. All but `schema`, `version`, `numeric_mode`,
/// `correction_damping`, `widest_gram` and `resolved` are those of options: `group_size` of `--group-size`.
enum RecipeKey: String, CaseIterable {
  case schema, version, method, scheme, without, damping, include, skip, rules, propagate, template, system, think,
    window,
    samples
  case resolved
  case correctionDamping = "correction_damping"
  case numericMode = "numeric_mode"
  case groupSize = "group_size"
  case widestGram = "widest_gram"
  case heldOutEvery = "held_out_every"
  case tokenWeights = "token_weights"
  case keepSixteenBit = "keep_16bit"
  case targetBitsPerWeight = "target_bpw"
  case raiseTo = "raise_to"
  case shardSize = "shard_size"
  case padFor = "pad_for"
  case baseModel = "base_model"
  case keepCard = "keep_card"

  /// What it is called where a stopped run was told something else.
  var label: String {
    switch self {
    case .schema, .correctionDamping, .widestGram, .resolved: rawValue
    case .version: "version of skyquant"
    case .numericMode: "arithmetic"
    case .rules: "--rule"
    default: "--" + rawValue.replacing("_", with: "-")
    }
  }

  /// The key with the fewest letters to change, add or take away to come from `name`; the first of equals.
  static func nearest(to name: String) -> RecipeKey {
    // min(by:) keeps the first of equals, and there is at least one case. No key is longer than the part looked at.
    let name = String(name.prefix(64))
    return allCases.min { editDistance($0.rawValue, name) < editDistance($1.rawValue, name) } ?? .method
  }
}

/// Levenshtein's distance: the least number of characters changed, added or taken away from one text to the other.
func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (index, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in second.indices {
      let changed = diagonal + (character == second[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
    }
  }
  return row[second.count]
}

/// What is wrong with a recipe file.
public struct RecipeFileError: CategorizedError, Equatable {
  /// As the user named it.
  public let path: String
  /// What is wrong there, and what to do.
  public let problem: String

  /// One line for people.
  public var description: String { "\(path.displayed): \(problem)" }

  /// What kind of failure this is.
  public var category: FailureCategory { .malformedInput }
}
