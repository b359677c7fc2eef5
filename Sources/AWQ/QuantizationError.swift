// Why a model cannot be quantized.
public import Basics

/// A failure that is the input's fault.
public enum QuantizationError: CategorizedError, Equatable {
  /// A weight that no code can stand for.
  case nonFiniteWeight(module: String, row: Int, column: Int)

  /// What kind of failure this is.
  public var category: FailureCategory { .malformedInput }

  /// One line for people.
  public var description: String {
    switch self {
    case .nonFiniteWeight(let module, let row, let column):
      "\(module).weight: NaN or infinite at row \(row), column \(column); the shard is damaged, download it again"
    }
  }
}
