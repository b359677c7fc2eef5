// From any error to one line and an exit code (the codes are part of the interface and never renumbered).
import AWQ
import ArgumentParser
import ImageProcessing
import JSON
import Kernels
import ModelFiles
import ModelInputs
import ReferenceModel
import Safetensors
import Skyq
import Storage
import Tensors
import Tokenization

/// An error as the user sees it.
struct Failure {
  let message: String
  let exitCode: Int32

  /// Nil for errors that the argument parser reports itself: usage, help, version.
  init?(_ error: any Error) {
    switch error {
    case let error as StorageError: self.init(error, error.category)
    case let error as SafetensorsError: self.init(error, error.category)
    case let error as SkyqError: self.init(error, error.category)
    case let error as SkyqWriterError: self.init(error, error.category)
    case let error as ModelFilesError: self.init(error, error.category)
    case let error as TokenizerError: self.init(error, error.category)
    case let error as ImageError: self.init(error, error.category)
    case let error as UserError: self.init(error, error.category)
    case let error as ErrorInModel:
      guard let inner = Failure(error.underlying) else { return nil }
      self = Failure(message: "\(error.path.displayed): \(inner.message)", exitCode: inner.exitCode)
    case is JSONError, is QuestionError, is ModelInputError, is KernelsError, is ReferenceModelError,
      is ChatTemplateError, is QuantizationError:
      self.init(error, .malformedInput)
    default: return nil
    }
  }

  private init(message: String, exitCode: Int32) {
    self.message = message
    self.exitCode = exitCode
  }

  private init(_ error: any Error, _ category: FailureCategory) {
    self.init(message: "\(error)", exitCode: category.exitCode)
  }
}

/// A mistake in how commands and files are combined, found after parsing.
struct UserError: Error, CustomStringConvertible {
  let description: String
  let category: FailureCategory
}

extension ImageError {
  fileprivate var category: FailureCategory {
    if case .unsupportedFormat = self { .unsupported } else { .malformedInput }
  }
}

extension FailureCategory {
  /// The process's exit code.
  var exitCode: Int32 {
    switch self {
    case .malformedInput: 65
    case .missingInput: 66
    case .unsupported: 69
    case .systemLimit: 71
    case .cannotCreateOutput: 73
    case .inputOutput: 74
    case .locked: 75
    }
  }
}
