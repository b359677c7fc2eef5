// Why a model on disk cannot be used.
public import Basics
public import ModelConfig

/// A failure to open or write a model. Messages are one line and say what to do.
public enum ModelFilesError: CategorizedError, Equatable {
  /// Neither a checkpoint directory nor a .skyq file.
  case notAModel(path: String, reason: String)
  /// A file that every model needs is not there.
  case missingFile(path: String, name: String)
  /// config.json is no JSON.
  case malformedConfig(path: String, reason: String)
  /// A small file that every program parses is not what its name says.
  case malformedFile(path: String, name: String, reason: String)
  /// A small file that the model needs has a name that a .skyq file cannot hold.
  case unusableName(path: String, name: String)
  /// config.json says what cannot be used.
  case unusableConfig(path: String, ModelConfigError)
  /// The weights are not those that config.json calls for.
  case contradictoryWeights(path: String, WeightFault)
  /// The forward pass asks for a tensor that the model does not have.
  case missingTensor(path: String, name: String)
  /// A tensor has another shape than config.json implies.
  case wrongShape(path: String, name: String, expected: String, found: String)
  /// A tensor has a type that cannot be used here.
  case wrongType(path: String, name: String, expected: String, found: String)
  /// Part of a quantized linear is missing.
  case incompleteLinear(path: String, module: String, missing: String)
  /// The tensors of a quantized linear are not what config.json says of them.
  case contradictoryLayout(path: String, tensor: String, stated: String, found: String)
  /// A file of weights is not the one that an earlier part of the run read.
  case changedSource(path: String, name: String)
  /// Tensors hold what no model holds.
  case damagedTensors(first: TensorFinding, count: Int)
  /// A value that half precision cannot hold would have to be stored in it.
  case beyondHalf(path: String, name: String, value: Float)
  /// A file just written does not give back what it was made of.
  case notReproduced(path: String, name: String)
  /// A stopped run had other settings, samples or files: this is the first that differs.
  case otherRecipe(path: String, part: String)
  /// A well-formed model that this command cannot work on.
  case unsupported(path: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .notAModel(let path, let reason): "\(path.displayed): not a model: \(reason)"
    case .missingFile(let path, let name): "\(path.displayed): \(name) is missing; copy it from the original repository"
    case .malformedConfig(let path, let reason):
      "\(path.displayed): config.json: \(reason); copy it from the original repository"
    case .malformedFile(let path, let name, let reason):
      "\(path.displayed): \(name.displayed): \(reason); download it again"
    case .unusableName(let path, let name):
      "\(path.displayed): the name '\(name.displayed)' does not fit into a .skyq file, which takes letters, digits and . _ - "
        + "of ASCII; rename the file"
    case .unusableConfig(let path, let error): "\(path.displayed): \(error)"
    case .contradictoryWeights(let path, let fault): "\(path.displayed): \(fault)"
    case .missingTensor(let path, let name):
      "\(path.displayed): tensor '\(name.displayed)' is missing, though config.json calls for it"
    case .wrongShape(let path, let name, let expected, let found):
      "\(path.displayed): tensor '\(name.displayed)': expected shape \(expected), found \(found)"
    case .wrongType(let path, let name, let expected, let found):
      "\(path.displayed): tensor '\(name.displayed)': expected \(expected), found \(found)"
    case .incompleteLinear(let path, let module, let missing):
      "\(path.displayed): quantized linear '\(module.displayed)': \(missing.displayed) is missing"
    case .contradictoryLayout(let path, let tensor, let stated, let found):
      "\(path.displayed): tensor '\(tensor.displayed)': config.json says \(stated), the tensors say \(found); correct "
        + "quantization_config, or take it and the weights from one repository"
    case .changedSource(let path, let name):
      "\(path.displayed)/\(name.displayed): sha256 differs from the one recorded at start; restore the file or start "
        + "again with --force"
    case .damagedTensors(let first, let count):
      "\(first)\(count > 1 ? " (and \(count - 1) more tensors)" : ""); download the file again, or give "
        + "--allow-nonfinite to copy what is not quantized as it is"
    case .beyondHalf(let path, let name, let value):
      "\(path.displayed): tensor '\(name.displayed)': \(value) is beyond half precision, in which it would be stored; "
        + "leave the linears behind it in 16 bit with --skip"
    case .notReproduced(let path, let name):
      "\(path.displayed): tensor '\(name.displayed)' does not come back bit by bit; nothing is kept: check memory and "
        + "disk, and start again"
    case .otherRecipe(let path, let part):
      "\(path.displayed): the stopped run had other settings, samples or files: '\(part.displayed)' differs; give the same, "
        + "or start again with --force"
    case .unsupported(let path, let reason): "\(path.displayed): \(reason)"
    }
  }

  /// What kind of failure this is.
  public var category: FailureCategory {
    switch self {
    case .notAModel, .missingFile, .changedSource: .missingInput
    case .otherRecipe: .cannotCreateOutput
    case .unusableConfig(_, let error): error.category
    case .malformedConfig, .malformedFile, .unusableName, .contradictoryWeights, .missingTensor, .wrongShape,
      .wrongType, .incompleteLinear, .contradictoryLayout,
      .damagedTensors, .beyondHalf:
      .malformedInput
    case .notReproduced: .inputOutput
    case .unsupported: .unsupported
    }
  }
}
