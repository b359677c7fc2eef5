// How weights and config.json contradict each other.
import Basics
public import Tensors

/// Why the weights are not those that config.json calls for. Messages say what to do, without the model's path.
public enum WeightFault: Sendable, Equatable, CustomStringConvertible {
  /// Two tensors of the file stand for one weight.
  case storedTwice(first: String, second: String)
  /// There are more or fewer layers than `key` says.
  case layerCount(key: String, stated: Int, stored: Int)
  /// So many weights are not there; the first of them by canonical name.
  case missing(first: String, count: Int)
  /// A tensor of another shape.
  case shape(tensor: String, expected: [RequiredWeight.Extent], found: Shape)
  /// A tensor of a type that cannot be used there.
  case type(tensor: String, expected: String, found: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .storedTwice(let first, let second):
      "tensors '\(first.displayed)' and '\(second.displayed)' are the same weight; take one away"
    case .layerCount(let key, let stated, let stored):
      "config.json: '\(key)' is \(stated), but the weights have \(stored) such layers; take config.json and shards from "
        + "one repository"
    case .missing(let first, let count):
      "tensor '\(first.displayed)' is missing, though config.json calls for it"
        + (count > 1 ? " (and \(count - 1) more)" : "")
    case .shape(let tensor, let expected, let found):
      "tensor '\(tensor.displayed)': config.json calls for shape \(expected.text), found \(found)"
    case .type(let tensor, let expected, let found):
      "tensor '\(tensor.displayed)': expected \(expected), found \(found)"
    }
  }
}

extension [RequiredWeight.Extent] {
  /// `[128, 256] (num_key_value_heads × head_dim, hidden_size)`.
  fileprivate var text: String {
    let keys = map(\.key).filter { !$0.isEmpty }
    return "[" + map { String($0.size) }.joined(separator: ", ") + "]"
      + (keys.isEmpty ? "" : " (" + keys.joined(separator: ", ") + ")")
  }
}
