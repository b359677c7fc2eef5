// Why a job cannot be done that is no fault of a single file: models, samples and outputs that do not go together.
public import Basics

/// A failure of a job. Messages are one line and say what to do.
public enum WorkflowError: CategorizedError {
  /// The model to quantize is quantized.
  case alreadyQuantized(path: String)
  /// Some linears of a set that loaders fuse would be quantized and some not.
  case splitFusedSet(modules: [String])
  /// Patterns leave no linear to quantize.
  case nothingToQuantize(path: String)
  /// No linear that is to be quantized has whole groups; those sizes would fit all of them.
  case noLinearFits(path: String, groupSize: Int, inFeatures: [Int], fitting: [Int])
  /// A picture lies, links followed, outside the directory that pictures may lie in.
  case pictureOutside(questions: String, picture: String, root: String)
  /// What a recipe was calibrated on is not where it could be found.
  case missingCalibration(recipe: String, name: String)
  /// A file to calibrate on gives not one sample.
  case nothingToCalibrateOn(path: String)
  /// A file that is to be packed as a report of `verify` is none.
  case notAnEvaluation(path: String)
  /// Two models that are to be compared have not the same size.
  case differentModels(reference: String, quantized: String, what: String, counts: (Int, Int))
  /// The original is quantized and the candidate is not.
  case swappedModels(quantized: String, reference: String)
  /// What a candidate is to be compared with is quantized itself.
  case quantizedReference(path: String)
  /// A candidate without a single int4 linear.
  case notQuantized(path: String, read: String)
  /// Two of the candidates of a verification are one model.
  case sameCandidate(first: String, second: String)
  /// A model card has not the place for what is to be written into it.
  case noCardSection(path: String, section: String)
  /// A model card is that of another model than those that were measured.
  case otherCard(directory: String, models: [String])
  /// No sample has a token that could be compared.
  case nothingToCompare(path: String)
  /// No row of a benchmark can be asked; the first reason why, if there is one.
  case nothingToAsk(path: String, first: (any CategorizedError)?)
  /// A text model is to answer questions about pictures.
  case cannotSee(model: String, benchmark: String)
  /// A file that answers are to be appended to holds something else.
  case notAnAnswer(path: String, line: Int, offset: Int)
  /// A .skyq file has no file of that name inside.
  case noFile(model: String, name: String)
  /// A model has no tensor of that name.
  case noTensor(model: String, name: String)
  /// A model becomes one GGUF file and a directory is named, or two and a file is.
  case wrongOutput(model: String, isDirectory: Bool)
  /// What is wrong with a model's small files, which know their own names only.
  case smallFiles(model: String, any CategorizedError)

  /// One line for people.
  public var description: String {
    switch self {
    case .alreadyQuantized(let path): "\(path.displayed): is quantized already; give the original model"
    case .splitFusedSet(let modules):
      "--include, --skip and --rule split \(modules.joined(separator: ", ")), which loaders fuse; take all or none"
    case .nothingToQuantize(let path):
      "\(path.displayed): --include and --skip leave no linear to quantize"
    case .noLinearFits(let path, let groupSize, let inFeatures, let fitting):
      "\(path.displayed): no linear has in_features divisible by \(groupSize) and out_features by 8 (in_features "
        + inFeatures.map(String.init).joined(separator: ", ") + ")"
        + (fitting.isEmpty
          ? "; no group size of AWQ fits all of them"
          : "; use --group-size \(fitting.map(String.init).joined(separator: " or "))")
    case .pictureOutside(let questions, let picture, let root):
      "\(questions.displayed): picture '\(picture.displayed)' lies outside \(root.displayed); move it there, or give "
        + "another --images-root"
    case .missingCalibration(let recipe, let name):
      "\(recipe.displayed): was calibrated on '\(name.displayed)', which lies neither beside it nor in the current "
        + "directory; give --calibration FILE or --text FILE"
    case .nothingToCalibrateOn(let path):
      "\(path.displayed): gives no sample to calibrate on; a text needs the tokens of at least one --window"
    case .notAnEvaluation(let path):
      "\(path.displayed): is no report of a verification; give what `skyquant verify --json` printed"
    case .differentModels(let reference, let quantized, let what, let counts):
      "\(reference.displayed) has \(counts.0) \(what), \(quantized.displayed) has \(counts.1); they are not one model"
    case .swappedModels(let quantized, let reference):
      "\(quantized.displayed): is quantized and \(reference.displayed) is not; swap them: skyquant verify "
        + "\(quantized.displayed) --reference \(reference.displayed) and so on"
    case .quantizedReference(let path):
      "\(path.displayed): is quantized itself; give the original that the other was made from as --reference, or "
        + "--quantized-reference to compare two that are"
    case .notQuantized(let path, let read):
      "\(path.displayed): has no linear in int4, so that there is nothing to verify; give what `skyquant quantize` wrote "
        + "(read was \(read))"
    case .sameCandidate(let first, let second):
      first == second
        ? "\(first.displayed): is given twice; give each candidate once"
        : "\(first.displayed) and \(second.displayed) are one place; give each candidate once"
    case .noCardSection(let path, let section):
      "\(path.displayed): expected the lines '<!-- skyquant \(section): begin -->' and '<!-- skyquant \(section): end -->', "
        + "once each and in this order; `skyquant quantize` writes them"
    case .otherCard(let directory, let models):
      "\(directory.displayed): is none of the models that are measured (\(models.map(\.displayed).joined(separator: ", "))), "
        + "by the digests of its weights; give the directory whose card it is"
    case .nothingToCompare(let path): "\(path.displayed): no token to compare"
    case .nothingToAsk(let path, let first):
      first.map { "\(path.displayed): no row can be asked; the first: \($0)" }
        ?? "\(path.displayed): no row can be asked"
    case .cannotSee(let model, let benchmark):
      "\(model.displayed): is a text model, and \(benchmark.displayed) asks about pictures; give a benchmark without"
    case .notAnAnswer(let path, let line, let offset):
      "\(path.displayed): line \(line), offset \(offset): is no answer that `skyquant evaluate` wrote; name another file"
        + " for answers"
    case .noFile(let model, let name):
      "\(model.displayed): no file '\(name.displayed)' inside; `skyquant extract` lists them"
    case .noTensor(let model, let name):
      "\(model.displayed): no tensor '\(name.displayed)'; `skyquant inspect --tensors` lists them"
    case .wrongOutput(let model, isDirectory: false):
      "\(model.displayed): is a vision-language model, which becomes two files; name a directory with --out, or give "
        + "--text-only"
    case .wrongOutput(let model, isDirectory: true):
      "\(model.displayed): becomes one file; give --out a name that ends in .gguf"
    case .smallFiles(let model, let error): "\(model.displayed): \(error)"
    }
  }

  /// What kind of failure this is.
  public var category: FailureCategory {
    switch self {
    case .alreadyQuantized, .splitFusedSet, .nothingToQuantize, .noLinearFits, .wrongOutput: .unsupported
    case .pictureOutside, .nothingToCalibrateOn, .notAnEvaluation, .differentModels, .nothingToCompare, .nothingToAsk,
      .cannotSee, .notAnAnswer, .swappedModels, .quantizedReference, .notQuantized, .sameCandidate,
      .noCardSection, .otherCard:
      .malformedInput
    case .noFile, .noTensor, .missingCalibration: .missingInput
    case .smallFiles(_, let error): error.category
    }
  }
}
