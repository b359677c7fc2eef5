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

  /// A line for each difference, and one for the whole.
  public var lines: [String] {
    tensors.map { "\($0.name.displayed): \($0.kind.text)" } + files.map { "file \($0.displayed): differs" }
      + [
        "tensors the same: \(equalTensorCount), tensors that differ: \(tensors.count), "
          + "files that differ: \(files.count)"
      ]
  }
}

extension TensorDifference {
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

  fileprivate var text: String {
    switch self {
    case .onlyInFirst, .onlyInSecond: word
    case .shape(let first, let second): "shape \(first) and \(second)"
    case .bits: "other bits"
    case .encoding: "the same values in another encoding"
    case .values(let largest, let relative, let codes):
      "largest difference \(largest.short)"
        + (relative.map { ", relative \($0.short)" } ?? ", all of a is zero")
        + (codes.map { ", \($0) codes differ" } ?? "")
    }
  }
}
