// The tokenizer and template of an opened model. What is wrong with its small files is said with the model's name, as
// `verify` opens two models.
import Basics
import ModelFiles
import ModelInputs
import Tensors
import Tokenization

extension ModelFile {
  /// Builds the inputs of this model.
  /// - Throws: `ErrorInModel`, why the files cannot be read, or that there is no such template.
  func inputBuilder(_ settings: PromptSettings) throws -> InputBuilder {
    do {
      return try InputBuilder(files: files, config: config, settings: settings)
    } catch let error as TokenizerError {
      throw ErrorInModel(path: path, underlying: error)
    } catch let error as ModelInputError {
      throw ErrorInModel(path: path, underlying: error)
    }
  }
}

/// An error in a model's small files, which know their own names only.
struct ErrorInModel: CategorizedError {
  let path: String
  let underlying: any CategorizedError

  var category: FailureCategory { underlying.category }
  var description: String { "\(path.displayed): \(underlying)" }
}
