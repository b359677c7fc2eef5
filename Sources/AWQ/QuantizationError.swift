// Why a model cannot be quantized.

/// A failure that is the input's fault.
public enum QuantizationError: Error, Equatable, CustomStringConvertible {
  /// A weight that no code can stand for.
  case nonFiniteWeight(module: String, row: Int, column: Int)

  /// One line for people.
  public var description: String {
    switch self {
    case .nonFiniteWeight(let module, let row, let column):
      "\(module).weight: NaN or infinite at row \(row), column \(column); the shard is damaged, download it again"
    }
  }
}
