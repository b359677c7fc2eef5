// How the questions of one model become prompts: by a template that is known here, or by the model's own.
internal import ModelConfig
internal import Storage
internal import Tokenization

/// The conversation template of a model.
public struct PromptTemplate: Sendable {
  private enum Kind: Sendable {
    case known(ChatTemplate)
    case own(OwnTemplate)
  }

  private let kind: Kind
  /// Why this is not what the model's files say; nil if it is.
  public let note: String?

  /// The template that `name` asks for, or that the model's files have.
  ///
  /// A text model's own `chat_template` comes before what its vocabulary tells. Where it cannot be evaluated, what the
  /// vocabulary tells is taken, and `note` says so.
  /// - Parameters:
  ///   - name: One of `names`; nil leaves it to the files.
  ///   - prefersOwn: Whether the files' `chat_template` comes before all else, if there is one.
  /// - Throws: `ModelInputError` for a name that is unknown, and if the model's own template was asked for and cannot be
  ///   used; what reading the files throws.
  init(
    named name: String?, prefersOwn: Bool, files: any NamedFiles, config: ModelConfig, tokenizer: Tokenizer
  ) throws {
    if name == nil, prefersOwn, let own = try OwnTemplate(files, tokenizer: tokenizer) {
      self.init(.own(own))
      return
    }
    if name == OwnTemplate.name {
      guard let own = try OwnTemplate(files, tokenizer: tokenizer) else { throw ModelInputError.noTemplate }
      self.init(.own(own))
    } else if let name {
      guard let known = try? ChatTemplate(named: name) else { throw ModelInputError.unknownTemplate(name) }
      self.init(.known(known))
    } else if config.multimodal != nil || config.template.map({ !$0.isEmpty }) == true {
      guard
        let known = try? ChatTemplate.preferred(
          templateName: config.template, architecture: config.architectureName,
          vocabularyHas: { tokenizer.id(of: $0) != nil })
      else { throw ModelInputError.unknownTemplateInConfig(config.template ?? "") }
      self.init(.known(known))
    } else {
      try self.init(textModel: config, files: files, tokenizer: tokenizer)
    }
  }

  private init(textModel config: ModelConfig, files: any NamedFiles, tokenizer: Tokenizer) throws {
    do {
      let own = try OwnTemplate(files, tokenizer: tokenizer)
      self.init(own.map(Kind.own) ?? .known(Self.guess(config, tokenizer)))
    } catch let error as ModelInputError {
      let known = Self.guess(config, tokenizer)
      self.init(
        .known(known), note: "\(error); questions are written by the template \(known.name) instead, see --template")
    }
  }

  private static func guess(_ config: ModelConfig, _ tokenizer: Tokenizer) -> ChatTemplate {
    ChatTemplate.preferred(
      architecture: config.architectureName, vocabularyHas: { tokenizer.id(of: $0) != nil })
  }

  private init(_ kind: Kind, note: String? = nil) {
    self.kind = kind
    self.note = note
  }

  /// What `--template` takes: `own` is the model's own.
  public static let names = ChatTemplate.allNames + [OwnTemplate.name]

  /// What it is called in reports: a known name, or `own (file)`.
  public var name: String {
    switch kind {
    case .known(let template): template.name
    case .own(let template): "\(OwnTemplate.name) (\(template.file))"
    }
  }

  /// The system text of conversations that bring none; nil if those have no system block, or only the model's own template
  /// knows.
  public var defaultSystemText: String? {
    if case .known(let template) = kind { template.defaultSystemText } else { nil }
  }

  /// Whether an answer begins with `<think>` unless asked otherwise; nil if only the model's own template knows.
  public var thinksByDefault: Bool? {
    if case .known(let template) = kind { template.thinksByDefault } else { nil }
  }

  /// Whether the tokenizer's begin token comes before a prompt if its files ask for that: a model's own template writes
  /// all there is.
  var allowsBeginToken: Bool { !isOwn }

  /// Whether it is the model's own chat_template.
  var isOwn: Bool { if case .own = kind { true } else { false } }

  /// Tokens at which an answer ends, by name, the one that follows a written answer first.
  var stopTokens: [String] {
    switch kind {
    case .known(let template): template.stopTokens
    case .own(let template): [template.stopToken].compactMap(\.self)
    }
  }

  /// Ids at which an answer ends.
  func stopIDs(_ tokenizer: Tokenizer, config: ModelConfig) -> Set<Int> {
    let stops = Set(stopTokens.compactMap { tokenizer.id(of: $0) })
    let ends = config.text.endTokens + [tokenizer.endTokenID].compactMap(\.self)
    switch kind {
    case .known: return stops.isEmpty ? Set(ends) : stops
    case .own(let template): return stops.union(ends + template.endTokens)
    }
  }

  /// The prompt for one question; see `ChatTemplate.render`.
  /// - Throws: `ChatTemplateError`, `ModelInputError.template`.
  func render(
    system: String?, question: String, imageTokenCounts: [Int], thinks: Bool?, keepsFurtherPlaceholders: Bool
  ) throws -> String {
    switch kind {
    case .known(let template):
      try template.render(
        system: system, question: question, imageTokenCounts: imageTokenCounts, thinks: thinks,
        keepsFurtherPlaceholders: keepsFurtherPlaceholders)
    case .own(let template):
      try template.render(
        system: system, question: question, imageTokenCounts: imageTokenCounts, thinks: thinks,
        keepsFurtherPlaceholders: keepsFurtherPlaceholders)
    }
  }
}
