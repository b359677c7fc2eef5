// A question about pictures, or plain text.

/// What a model is asked.
public struct Question: Sendable, Equatable {
  /// Paths of pictures, relative to the file they were read from.
  public var images: [String]
  /// What is asked; for plain text, the text itself.
  public var text: String
  /// Whether `text` is taken as it is, without a chat template.
  public var isPlainText: Bool
  /// What the model should say, if the line tells.
  public var answer: String?
  /// A label for grouping, if the line has one.
  public var kind: String?

  public init(
    images: [String] = [], text: String, isPlainText: Bool = false, answer: String? = nil, kind: String? = nil
  ) {
    self.images = images
    self.text = text
    self.isPlainText = isPlainText
    self.answer = answer
    self.kind = kind
  }
}
