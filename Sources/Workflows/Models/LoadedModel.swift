// A model that can be asked: weights, forward pass, tokenizer and template. Files, inputs and forward pass do not know
// each other; they meet here.
internal import Basics
internal import Companions
public import Kernels
public import ModelFiles
public import ModelInputs
public import ReferenceModel
internal import Tokenization

/// A model on disk with all that it takes to ask it.
public struct LoadedModel: Sendable {
  /// What lies on the disk.
  public let file: ModelFile
  /// The forward pass.
  public let model: VisionLanguageModel
  /// From questions to what the model reads.
  public let builder: InputBuilder

  /// Opens the model `path`: a checkpoint directory, quantized or not, or a .skyq file. Weights are mapped, not read.
  /// - Throws: what `ModelFile.open` throws; `ModelFilesError` for weights that config.json does not call for;
  ///   `WorkflowError` for unusable small files, or a template that there is not.
  public init(_ path: String, prompt: PromptSettings = PromptSettings(), numericMode: NumericMode = .exact) throws {
    let file = try ModelFile.open(path)
    try file.requireWeights()
    try self.init(file, prompt: prompt, numericMode: numericMode)
  }

  /// The opened model `file`, whose weights are those that config.json calls for.
  /// - Throws: as above.
  public init(
    _ file: ModelFile, prompt: PromptSettings = PromptSettings(), numericMode: NumericMode = .exact
  ) throws {
    self.file = file
    model = try VisionLanguageModel(weights: file.weights, config: file.config, numericMode: numericMode)
    do {
      builder = try InputBuilder(files: file.files, config: file.config, settings: prompt)
        .mappingTemplateError { WorkflowError.smallFiles(model: file.path, $0) }
    } catch let error as TokenizerError {
      throw WorkflowError.smallFiles(model: file.path, error)
    } catch let error as ModelInputError {
      throw WorkflowError.smallFiles(model: file.path, error)
    }
  }

  /// The model's answer to the prompt of `input`: its text, special tokens left out, and its ids, without the stop token.
  /// - Parameter onPiece: Called with each piece of text as soon as its characters are complete; what it throws ends the
  ///   answer.
  /// - Throws: `ReferenceModelError`, what reading weights throws, what `onPiece` throws.
  public func answer(
    _ input: ModelInput, sampling: SamplingOptions = .greedy, maxTokens: Int,
    onPiece: (String) throws -> Void = { _ in }
  ) throws -> (text: String, ids: [Int]) {
    let asked = input.promptOnly, prompt = try InputEmbedder(self).embed(asked)[0]
    let generator = TextGenerator(
      model: model.language, sampling: sampling, stopTokens: builder.stopIDs, maxTokens: maxTokens)
    var decoder = builder.tokenizer.streamingDecoder()
    let ids = try generator.generate(from: prompt, promptIDs: asked.ids) { id in try onPiece(decoder.append(id)) }
    try onPiece(decoder.finish())
    return (builder.tokenizer.decode(ids), ids)
  }

  /// What is to be known of how questions become prompts, one line each.
  var promptNotes: [String] {
    [(try? builder.template)?.note, builder.pictures?.note].compactMap(\.self).map {
      "\(file.path.displayed): \($0)"
    }
  }

  /// What travels along with the weights.
  var companions: ModelCompanions {
    ModelCompanions(files: file.files, config: file.config, tokenizer: builder.tokenizer)
  }
}
