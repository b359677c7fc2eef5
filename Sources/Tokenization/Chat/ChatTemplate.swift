// From a conversation to the text a model was trained to continue. Templates are data; Jinja is not run.
public import Basics

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks.
  public enum Role: String, Sendable {
    case user
    case assistant
  }

  public let role: Role
  /// What is said; `<image>` stands for an image.
  public let text: String

  public init(_ role: Role, _ text: String) {
    self.role = role
    self.text = text
  }
}

/// How a model wants its prompt written.
public struct ChatTemplate: Sendable, Equatable {
  /// What is written before and after a text.
  struct Frame: Sendable, Equatable {
    let before: String
    let after: String

    func around(_ text: String) -> String { before + text + after }
  }

  /// The name on the command line and in reports.
  public let name: String
  /// The system text of conversations that bring none; nil if those have no system block.
  public let defaultSystemText: String?
  /// Tokens at which the model's answer ends, by name.
  public let stopTokens: [String]
  /// Whether an answer begins with `<think>` unless asked otherwise.
  public let thinksByDefault: Bool

  /// Before everything: the begin token, where the template writes it.
  var opening = ""
  let system: Frame
  let user: Frame
  let assistant: Frame
  /// Whether texts lose the whitespace around them.
  var trimsTexts = false

  /// What invites the model to think before it answers.
  package static let thinkPrefix = "<think>\n"

  /// The template of that name.
  /// - Throws: `ChatTemplateError.unknownName`, which lists the names.
  public init(named name: String) throws(ChatTemplateError) {
    guard let template = Self.all.first(where: { $0.name == name }) else { throw .unknownName(name) }
    self = template
  }

  init(
    name: String, defaultSystemText: String? = nil, stopTokens: [String], thinksByDefault: Bool = false,
    opening: String = "", system: Frame, user: Frame, assistant: Frame, trimsTexts: Bool = false
  ) {
    self.name = name
    self.defaultSystemText = defaultSystemText
    self.stopTokens = stopTokens
    self.thinksByDefault = thinksByDefault
    self.opening = opening
    self.system = system
    self.user = user
    self.assistant = assistant
    self.trimsTexts = trimsTexts
  }

  /// The prompt for one question.
  ///
  /// - Parameters:
  ///   - system: The system text; nil for the template's own. An empty one gives an empty system block.
  ///   - question: What the user asks. Without `<image>` in it, a line `<image>` per image is put before it.
  ///   - imageTokenCounts: For each image, how many tokens it becomes.
  ///   - thinks: Whether the answer begins with `<think>`; nil for the template's own way.
  ///   - keepsFurtherPlaceholders: Whether placeholders behind those of all images stay as text, as in the reference.
  /// - Throws: `ChatTemplateError` if placeholders and images do not agree in number. As in the reference a
  ///   placeholder counts wherever it stands, also in the system text.
  public func render(
    system: String? = nil, question: String, imageTokenCounts: [Int] = [], thinks: Bool? = nil,
    keepsFurtherPlaceholders: Bool = false
  ) throws(ChatTemplateError) -> String {
    try render(
      system: system, messages: [ChatMessage(.user, question)], imageTokenCounts: imageTokenCounts, thinks: thinks,
      keepsFurtherPlaceholders: keepsFurtherPlaceholders)
  }

  /// The prompt for a conversation that ends with the user's question.
  ///
  /// Placeholder lines are put before the first message, if no message has a placeholder; else as above.
  public func render(
    system: String? = nil, messages: [ChatMessage], imageTokenCounts: [Int] = [], thinks: Bool? = nil,
    keepsFurtherPlaceholders: Bool = false
  ) throws(ChatTemplateError) -> String {
    let hasPlaceholder = messages.contains { ImagePlaceholders.count(in: $0.text) > 0 }
    var prompt = opening
    if let text = system ?? defaultSystemText { prompt += self.system.around(trimmed(text)) }
    for (index, message) in messages.enumerated() {
      let isPrefixed = index == 0 && !hasPlaceholder
      let text =
        isPrefixed
        ? ImagePlaceholders.prefixed(message.text, imageCount: imageTokenCounts.count) : message.text
      prompt += (message.role == .user ? user : assistant).around(trimmed(text))
    }
    prompt += assistant.before
    if thinks ?? thinksByDefault { prompt += Self.thinkPrefix }
    return try ImagePlaceholders.expanded(
      prompt, tokenCounts: imageTokenCounts, keepsRest: keepsFurtherPlaceholders)
  }

  private func trimmed(_ text: String) -> String { trimsTexts ? Self.trimmed(text) : text }

  /// The text without the whitespace around it.
  static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let isText = { (scalar: Unicode.Scalar) in !scalar.properties.isWhitespace }
    guard let first = scalars.firstIndex(where: isText), let last = scalars.lastIndex(where: isText) else { return "" }
    return String(scalars[first...last])
  }
}

/// Why a chat template cannot be found or filled in.
public enum ChatTemplateError: CategorizedError, Equatable {
  /// No template has that name.
  case unknownName(String)
  /// The prompt has more or fewer `<image>` placeholders than there are images.
  case placeholderCount(expected: Int, found: Int)
  /// An image would become no token, or a negative number of them.
  case emptyImage(index: Int, tokenCount: Int)

  public var category: FailureCategory { .malformedInput }

  public var description: String {
    switch self {
    case .unknownName(let name):
      "template \(quoted(name)) is unknown; known are \(ChatTemplate.allNames.joined(separator: ", "))"
    case .placeholderCount(let expected, let found):
      "the prompt has \(found) <image> placeholders for \(expected) images; write one for each image, or none"
    case .emptyImage(let index, let tokenCount):
      "image \(index) has \(tokenCount) tokens; expected at least 1"
    }
  }
}
