// Whether what travels with two models' weights means the same. Numbers measured on weights cannot see it: both models
// are asked in the reference's words.
internal import JSON
public import ModelConfig
public import Storage
public import Tokenization

/// The small files of a model, understood.
public struct ModelCompanions {
  private let files: any NamedFiles
  private let config: ModelConfig
  private let tokenizer: Tokenizer

  /// The files of one model, its config and its tokenizer, which come from them.
  public init(files: any NamedFiles, config: ModelConfig, tokenizer: Tokenizer) {
    self.files = files
    self.config = config
    self.tokenizer = tokenizer
  }

  /// Settings that mean something else than in `reference`: of config.json what shapes the forward pass, the pictures and
  /// the conversation; the tokenizer; the conversation's Jinja template; generation_config.json and
  /// preprocessor_config.json; Python files. Nothing for files that are only written otherwise, but code is compared byte by
  /// byte.
  /// - Throws: what reading the files throws.
  public func differences(from reference: ModelCompanions) throws -> [CompanionDifference] {
    try configSettings.differences(from: reference.configSettings)
      + tokenizerDifferences(reference)
      + redundantLists.compactMap { try $0.difference(of: files, from: reference.files) }
      + templates().differences(from: reference.templates())
      + ([SettingsFile.generation] + SettingsFile.pictures).flatMap {
        try $0.differences(of: files, from: reference.files)
      }
      + RemoteCode.differences(of: files, from: reference.files)
  }

  /// Files that say what tokenizer.json says; without that they are the tokenizer.
  private var redundantLists: [TokenListFile] { files.names.contains("tokenizer.json") ? TokenListFile.all : [] }

  private var configSettings: SettingList {
    SettingList(
      config,
      template: try? ChatTemplate.preferred(
        templateName: config.template, architecture: config.architectureName,
        vocabularyHas: { tokenizer.id(of: $0) != nil }
      ).name)
  }

  private func tokenizerDifferences(_ reference: ModelCompanions) throws -> [CompanionDifference] {
    let names = Set(files.names)
    let file = names.contains("tokenizer.json") ? "tokenizer.json" : "vocab.json"
    let config = names.contains("tokenizer_config.json") ? "tokenizer_config.json" : file
    return tokenizer.differences(from: reference.tokenizer).map {
      CompanionDifference(
        file: $0.aspect.isOfConfig ? config : file, setting: $0.aspect.rawValue, reference: $0.reference, own: $0.own)
    } + (try SettingList(tokenizerConfigIn: files).differences(from: SettingList(tokenizerConfigIn: reference.files)))
      + (try SettingList(specialTokensIn: files).contradictions(to: SettingList(specialTokensIn: reference.files)))
  }

  /// The Jinja template, whichever file has it. Jinja drops one line break at the end.
  private func templates() throws -> SettingList {
    let names = Set(files.names)
    var list = SettingList(
      file: names.contains("chat_template.jinja") ? "chat_template.jinja" : "tokenizer_config.json")
    do {
      let template = try ModelTemplates(files)?.main
      list.add("chat_template", template.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 })
    } catch let error as TokenizerError {
      list.add("chat_template", "\(error)")
    }
    return list
  }
}

/// Python files beside the weights, as `modeling_internvl_chat.py`, which loaders run when they are told to trust them.
enum RemoteCode {
  /// Files of code that the reference does not have, or has with other bytes. Code that only the reference has does
  /// nothing to this model: transformers' own layouts need none.
  /// - Throws: what reading throws.
  static func differences(
    of own: any NamedFiles, from reference: any NamedFiles
  ) throws -> [CompanionDifference] {
    try own.names.filter { $0.hasSuffix(".py") }.compactMap { name in
      let (mine, theirs) = (try own.bytes(of: name), try reference.bytes(of: name))
      guard let mine, mine != theirs else { return nil }
      return CompanionDifference(
        file: name, setting: "code", reference: theirs.map(named) ?? "nothing", own: named(mine))
    }
  }

  private static func named(_ bytes: [UInt8]) -> String { "SHA-256 \(SHA256Hasher.hash(bytes))" }
}
