// From a question to token ids and pixels: template, tokenizer and picture processing of one model.
public import Basics
internal import ImageProcessing
public import ModelConfig
public import Storage
public import Tokenization

/// Builds the inputs of one model.
public struct InputBuilder: Sendable {
  /// The token that pieces of a picture stand for.
  static let imageContextToken = "<IMG_CONTEXT>"

  public let tokenizer: Tokenizer
  /// How questions become prompts, or why they cannot. Only they need it.
  private var promptTemplate: Result<PromptTemplate, any Error>
  /// The id of `<IMG_CONTEXT>`; nil for text models.
  public let imageContextID: Int?
  /// How pictures become tiles; nil for text models.
  public let pictures: PictureSettings?
  private let config: ModelConfig
  private let settings: PromptSettings
  private let images: ImageProcessor?

  /// A builder for the model with these files.
  /// - Throws: if the tokenizer's files are unusable, the template that was asked for is, or a needed token is missing.
  public init(files: any NamedFiles, config: ModelConfig, settings: PromptSettings = PromptSettings()) throws {
    let tokenizer = try Tokenizer(files: files)
    self.tokenizer = tokenizer
    self.config = config
    self.settings = settings
    promptTemplate = Result {
      try PromptTemplate(
        named: settings.template, prefersOwn: settings.prefersOwnTemplate, files: files, config: config,
        tokenizer: tokenizer)
    }
    if settings.template != nil { _ = try promptTemplate.get() }
    pictures = try config.multimodal.map { try PictureSettings($0, layout: config.layout, files: files) }
    images = pictures?.processor
    imageContextID = config.multimodal == nil ? nil : tokenizer.id(of: Self.imageContextToken)
    if config.multimodal != nil, imageContextID == nil {
      throw ModelInputError.missingToken(Self.imageContextToken)
    }
  }

  /// How questions become prompts.
  /// - Throws: `ModelInputError` for a template of the model's files that is unknown or cannot be used.
  public var template: PromptTemplate {
    get throws { try promptTemplate.get() }
  }

  /// The same, but what is wrong with its template is told as `transform` has it.
  public func mappingTemplateError(_ transform: (any CategorizedError) -> any Error) -> InputBuilder {
    var builder = self
    builder.promptTemplate = promptTemplate.mapError { ($0 as? any CategorizedError).map(transform) ?? $0 }
    return builder
  }

  /// Ids after which generation ends: those of the template, and where it has none the model's end tokens.
  public var stopIDs: Set<Int> {
    (try? template)?.stopIDs(tokenizer, config: config)
      ?? Set(config.text.endTokens + [tokenizer.endTokenID].compactMap(\.self))
  }

  /// Builds the input of a question.
  /// - Parameters:
  ///   - includesAnswer: Whether the question's answer and the stop token follow the prompt.
  ///   - readImage: Gives the bytes of a picture by the path in the question.
  /// - Throws: `ModelInputError`, or what decoding a picture throws.
  public func input(
    for question: Question, includesAnswer: Bool, readImage: (String) throws -> [UInt8]
  ) throws -> ModelInput {
    if question.isPlainText { return try plainInput(question.text) }
    if imageContextID != nil, question.text.contains(Self.imageContextToken) {
      throw ModelInputError.reservedToken(Self.imageContextToken)
    }
    let template = try template
    var tiles: [PixelImage] = []
    var tileCounts: [Int] = [], remarks: [String] = []
    for path in question.images {
      guard let images else { throw ModelInputError.noVision(image: path) }
      let tiled = try images.process(bytes: try readImage(path), name: path)
      tiles += tiled.tiles
      tileCounts.append(tiled.tiles.count)
      if let remark = tiled.remark { remarks.append(remark) }
    }
    let tokensPerTile = config.multimodal?.tokensPerTile ?? 0
    // Servers know nothing of the system text in config.json.
    let system = settings.prefersOwnTemplate && template.isOwn ? nil : config.systemMessage
    let prompt = try template.render(
      system: settings.system ?? system, question: question.text,
      imageTokenCounts: tileCounts.map { $0 * tokensPerTile }, thinks: settings.thinks,
      keepsFurtherPlaceholders: settings.keepsFurtherPlaceholders)
    var ids = tokenizer.encode(
      prompt, addsBeginToken: template.allowsBeginToken && tokenizer.addsBeginTokenByDefault)
    let answerStart = ids.count
    if includesAnswer, let answer = question.answer {
      ids += tokenizer.encode(answer, addsBeginToken: false)
      ids += template.stopTokens.prefix(1).compactMap { tokenizer.id(of: $0) }
    }
    try check(ids.count)
    return ModelInput(
      renderedPrompt: prompt, ids: ids, answerStart: answerStart, isPlainText: false,
      pixels: tiles.isEmpty ? nil : images?.pixels(tiles), tileCounts: tileCounts, remarks: remarks)
  }

  /// Plain text, without a template.
  /// - Throws: `ModelInputError.tooLong`, `.noTokens`.
  private func plainInput(_ text: String) throws -> ModelInput {
    let ids = tokenizer.encode(text, addsBeginToken: tokenizer.addsBeginTokenByDefault)
    try check(ids.count)
    return ModelInput(plainText: text, ids: ids)
  }

  /// A text cut into windows of `size` tokens, the rest dropped; at most `limit` windows.
  ///
  /// The text is tokenized as a whole, without a begin token, as perplexity scripts do.
  public func windows(of text: String, size: Int, limit: Int) -> [ModelInput] {
    let ids = tokenizer.encode(text, recognisesSpecialTokens: false, addsBeginToken: false)
    return (0..<min(ids.count / size, limit)).map { index in
      let window = Array(ids[index * size..<(index + 1) * size])
      return ModelInput(plainText: tokenizer.decode(window, skippingSpecialTokens: false), ids: window)
    }
  }

  private func check(_ count: Int) throws {
    guard count > 0 else { throw ModelInputError.noTokens }
    // Beyond the trained length only a scaled rotary embedding makes sense.
    guard count <= config.text.maxPositions || config.text.ropeScaling != .none else {
      throw ModelInputError.tooLong(tokens: count, limit: config.text.maxPositions)
    }
  }
}
