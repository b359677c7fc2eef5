// Why a quantized linear cannot be carried into another layout, or has no clear meaning.
public import Basics

/// A value of a linear that stands in the way. Messages are one line and say what to do.
public enum QuantizationError: CategorizedError, Equatable {
  /// A scale that half precision cannot hold.
  case inexactScale(path: String, tensor: String, row: Int, group: Int, value: Float)
  /// A zero that GPTQ's first format cannot have stored, unless it wrapped around.
  case wrappedZero(path: String, tensor: String, row: Int, group: Int, maxCode: Int)
  /// Another zero than the middle of the codes in a model that calls itself symmetric.
  case asymmetric(path: String, tensor: String, row: Int, group: Int, value: Int, middle: Int)
  /// A group that there is not, told of an input feature.
  case noSuchGroup(path: String, tensor: String, feature: Int, group: Int, count: Int)
  /// Input features that are not in the order of their groups.
  case actOrder(path: String, tensor: String)
  /// Weights that half precision cannot hold, so that no new codes or values can stand for them.
  case beyondHalf(path: String, tensor: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .inexactScale(let path, let tensor, let row, let group, let value):
      "\(path.displayed): tensor '\(tensor.displayed)': the scale \(value) of row \(row), group \(group) is no number of "
        + "half precision, in which .skyq and AWQ hold scales; quantize again with scales in float16"
    case .wrappedZero(let path, let tensor, let row, let group, let maxCode):
      "\(path.displayed): tensor '\(tensor.displayed)': row \(row), group \(group) holds \(maxCode), where GPTQ's first "
        + "format stores the zero less one: programs do not agree whether that is 0 or \(maxCode + 1); save the model "
        + "as gptq_v2"
    case .asymmetric(let path, let tensor, let row, let group, let value, let middle):
      "\(path.displayed): tensor '\(tensor.displayed)': config.json says symmetric, so that all zeros are \(middle), but "
        + "row \(row), group \(group) has \(value); correct sym or checkpoint_format"
    case .noSuchGroup(let path, let tensor, let feature, let group, let count):
      "\(path.displayed): tensor '\(tensor.displayed)': input feature \(feature) is of group \(group), but there are "
        + "\(count); take complete shards, or quantize again"
    case .actOrder(let path, let tensor):
      "\(path.displayed): tensor '\(tensor.displayed)': input features are not in the order of their groups (act-order); "
        + "quantize with desc_act false"
    case .beyondHalf(let path, let tensor):
      "\(path.displayed): tensor '\(tensor.displayed)' holds weights that are no numbers of half precision, and cannot be "
        + "rounded once more; quantize the original again"
    }
  }

  /// What kind of failure this is.
  public var category: FailureCategory {
    switch self {
    case .inexactScale, .actOrder: .unsupported
    case .wrappedZero, .asymmetric, .noSuchGroup, .beyondHalf: .malformedInput
    }
  }
}
