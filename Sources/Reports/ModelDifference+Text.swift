// What `skyquant diff` tells.
internal import Basics
public import JSON
public import ModelFiles

extension ModelDifference {
  /// What the models `a` and `b` do not have in common, for programs.
  public func json(_ a: String, _ b: String) -> JSONValue {
    [
      "schema": "skyquant.diff/1", "a": .string(a), "b": .string(b), "equal_tensors": .integer(equalTensorCount),
      "tensors": .array(tensors.map(\.json)), "files": .array(files.map(JSONValue.string)),
    ]
  }

  /// Differences of tensors that are all told one by one.
  private static let fewTensors = 20

  /// A line for each difference, and one for the whole. Many tensors are told by the kind of their difference and their
  /// name without numbers of layers, unless all are asked for.
  public func lines(all: Bool) -> [String] {
    let isSummarised = !all && tensors.count > Self.fewTensors
    let told = isSummarised ? groups.map(\.line) : tensors.map(\.line)
    let hint = isSummarised ? " (--all lists them)" : ""
    let whole =
      "tensors the same: \(equalTensorCount), tensors that differ: \(tensors.count)\(hint), "
      + "files that differ: \(files.count)"
    return told + files.map { "file \($0.displayed): differs" } + [whole]
  }

  /// The tensors by name without numbers and by word of the difference, in order of first appearance.
  private var groups: [DifferenceGroup] {
    var groups: [DifferenceGroup] = [], places: [[String]: Int] = [:]
    for tensor in tensors {
      let name = tensor.name.split(separator: ".", omittingEmptySubsequences: false)
        .map { Int($0) == nil ? String($0) : "*" }.joined(separator: ".")
      let place = places[[name, tensor.kind.word]] ?? groups.count
      if place == groups.count {
        places[[name, tensor.kind.word]] = place
        groups.append(DifferenceGroup(name: name, tensors: []))
      }
      groups[place].tensors.append(tensor)
    }
    return groups
  }
}

/// Tensors of one name but for numbers, which differ in the same way.
private struct DifferenceGroup {
  /// With `*` for each number; so a pattern of `inspect --tensors`.
  let name: String
  /// Their differences, all of one word.
  var tensors: [TensorDifference]

  var line: String {
    guard let first = tensors.first, tensors.count > 1 else { return tensors.first?.line ?? "" }
    return "\(name.displayed): \(tensors.count) tensors, \(spread ?? first.kind.words)"
  }

  /// How far values are apart; nil if it is not values that differ.
  private var spread: String? {
    let values = tensors.compactMap(\.kind.distance)
    guard let largest = values.map(\.largest).max() else { return nil }
    let relative = values.compactMap(\.relative).max()
    return "largest difference \(largest.short)" + (relative.map { ", relative up to \($0.short)" } ?? "")
  }
}

extension TensorDifference {
  fileprivate var line: String { "\(name.displayed): \(kind.text)" }

  fileprivate var json: JSONValue {
    var object: JSONObject = ["name": .string(name), "difference": .string(kind.word)]
    if case .values(let largest, let relative, let codes) = kind {
      object["largest"] = .double(largest)
      object["relative"] = relative.map(JSONValue.double) ?? .null
      if let codes { object["codes"] = .integer(codes) }
    }
    return .object(object)
  }
}

extension TensorDifference.Kind {
  fileprivate var word: String {
    switch self {
    case .onlyInFirst: "only in a"
    case .onlyInSecond: "only in b"
    case .shape: "shape"
    case .bits: "bits"
    case .values: "values"
    case .encoding: "encoding"
    }
  }

  /// How far values are apart, if that is what differs.
  fileprivate var distance: (largest: Double, relative: Double?)? {
    guard case .values(let largest, let relative, _) = self else { return nil }
    return (largest, relative)
  }

  /// What is different, without numbers.
  fileprivate var words: String {
    switch self {
    case .onlyInFirst, .onlyInSecond, .values: word
    case .shape: "other shapes"
    case .bits: "other bits"
    case .encoding: "the same values in another encoding"
    }
  }

  fileprivate var text: String {
    switch self {
    case .onlyInFirst, .onlyInSecond, .bits, .encoding: words
    case .shape(let first, let second): "shape \(first) and \(second)"
    case .values(let largest, let relative, let codes):
      "largest difference \(largest.short)"
        + (relative.map { ", relative \($0.short)" } ?? ", all of a is zero")
        + (codes.map { ", \($0) codes differ" } ?? "")
    }
  }
}
