// Why a model cannot become GGUF files, where no other error says it.
public import Basics

/// A failure to export. Messages are one line and say what to do.
public enum GGUFExportError: CategorizedError, Equatable {
  /// llama.cpp would compute something else than the model, and say nothing.
  case computedOtherwise(path: String, VisionDifference)
  /// A weight is NaN or infinite.
  case notFinite(path: String, tensor: String)
  /// A weight is too large for the type that was asked for.
  case beyondType(path: String, tensor: String, value: Float, type: GGUFOptions.MatrixType)

  /// One line for people.
  public var description: String {
    switch self {
    case .computedOtherwise(let path, let difference):
      "\(path.displayed): llama.cpp would compute this vision tower otherwise and say nothing: \(difference); "
        + "--text-only writes the language model alone"
    case .notFinite(let path, let tensor):
      "\(path.displayed): tensor '\(tensor.displayed)' holds NaN or an infinite value; download the file again"
    case .beyondType(let path, let tensor, let value, let type):
      "\(path.displayed): tensor '\(tensor.displayed)': \(value) is beyond \(type.rawValue.uppercased()); choose bf16 "
        + "or f32"
    }
  }

  /// What kind of failure this is.
  public var category: FailureCategory {
    switch self {
    case .computedOtherwise, .beyondType: .unsupported
    case .notFinite: .malformedInput
    }
  }
}
