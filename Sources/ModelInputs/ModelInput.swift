// What a model reads: token ids, and the pixels that take the places of image tokens.
public import Basics
public import ImageProcessing

/// A prompt, ready for a model.
public struct ModelInput: Sendable {
  /// The prompt as text, after the template and the expansion of images.
  public var renderedPrompt: String
  /// The prompt's token ids, and the answer's after them if one was given.
  public var ids: [Int]
  /// Where the answer begins in `ids`; `ids.count` if there is none.
  public var answerStart: Int
  /// Whether the prompt is text without a template.
  public var isPlainText: Bool
  /// The tiles of all pictures; nil without pictures.
  public var pixels: TilePixels?
  /// Tiles of each picture.
  public var tileCounts: [Int]
  /// What is odd about the files of its pictures, one line each.
  public var remarks: [String] = []
}

extension ModelInput {
  /// Text without a template and without pictures.
  init(plainText text: String, ids: [Int]) {
    self.init(
      renderedPrompt: text, ids: ids, answerStart: ids.count, isPlainText: true, pixels: nil, tileCounts: [])
  }
}

/// How questions become prompts; nil means what the model's files say.
public struct PromptSettings: Sendable, Equatable {
  /// Name of a conversation template.
  public var template: String?
  public var system: String?
  /// Whether the answer starts with `<think>`.
  public var thinks: Bool?
  /// Without a `template`, whether the model's own chat_template is taken if it has one, as servers do, before the
  /// conversation and the system text that config.json names.
  public var prefersOwnTemplate: Bool
  /// Whether `<image>` behind those that stand for pictures is text, as InternVL's `chat` has it; else it is an error.
  public var keepsFurtherPlaceholders = false

  /// Settings; all by the model's files unless given.
  public init(
    template: String? = nil, system: String? = nil, thinks: Bool? = nil, prefersOwnTemplate: Bool = false
  ) {
    self.template = template
    self.system = system
    self.thinks = thinks
    self.prefersOwnTemplate = prefersOwnTemplate
  }
}

/// Why a question cannot become a prompt.
public enum ModelInputError: CategorizedError, Equatable {
  /// A picture for a model that has no vision tower.
  case noVision(image: String)
  /// The tokenizer lacks a token that the config or template needs.
  case missingToken(String)
  /// No template is called what was asked for.
  case unknownTemplate(String)
  /// config.json asks for a template that is not known.
  case unknownTemplateInConfig(String)
  /// The model's own template was asked for, and it has none.
  case noTemplate
  /// The model's own template, in a file of this name, cannot be evaluated.
  case template(file: String, problem: String)
  /// A file says of pictures what is not computed here.
  case preprocessor(file: String, problem: String)
  /// More tokens than the model has positions.
  case tooLong(tokens: Int, limit: Int)
  /// Nothing that a model could read.
  case noTokens
  /// Letters of options that no single token tells apart.
  case letters([String])
  /// A question holds the token that stands for a part of a picture.
  case reservedToken(String)

  public var category: FailureCategory { .malformedInput }

  public var description: String {
    switch self {
    case .noVision(let image): "\(image.displayed): this is a text model; leave out --image"
    case .missingToken(let token): "the tokenizer has no token \(token); its files do not belong to this model"
    case .unknownTemplate(let name):
      "--template '\(name.displayed)' is unknown; known are \(PromptTemplate.names.joined(separator: ", "))"
    case .unknownTemplateInConfig(let name):
      "config.json: template '\(name.displayed)' is unknown; give --template, known are "
        + PromptTemplate.names.joined(separator: ", ")
    case .noTemplate: "the model has no chat_template of its own for --template \(OwnTemplate.name)"
    case .template(let file, let problem), .preprocessor(let file, let problem): "\(file.displayed): \(problem)"
    case .tooLong(let tokens, let limit): "the prompt has \(tokens) tokens, the model \(limit) positions"
    case .reservedToken(let token):
      "the question holds \(token), which stands for a part of a picture; write <image> where a picture stands"
    case .letters(let letters):
      "the tokenizer has no token for each of the letters \(letters.joined(separator: ", ")); let the model write its answers"
    case .noTokens: "a text without a single token; give it words, or take its line away"
    }
  }
}
