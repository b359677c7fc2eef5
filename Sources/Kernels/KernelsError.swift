/// Why stored bytes cannot be used in arithmetic.
public enum KernelsError: Error, Equatable, CustomStringConvertible {
  /// The tensor's elements are not 16- or 32-bit floats.
  case unsupportedDType(tensor: String, found: String)
  /// The tensor does not have two dimensions.
  case notAMatrix(tensor: String, shape: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .unsupportedDType(let tensor, let found):
      "tensor '\(tensor)': expected dtype F32, F16 or BF16, found \(found); convert the checkpoint to one of them"
    case .notAMatrix(let tensor, let shape):
      "tensor '\(tensor)': expected two dimensions [rows, columns], found shape \(shape)"
    }
  }
}
