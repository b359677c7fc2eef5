// Why a prompt cannot be rendered.
public import Basics

/// Why a chat template cannot be found or filled in.
public enum ChatTemplateError: CategorizedError, Equatable {
  /// No template has that name.
  case unknownName(String)
  /// The prompt has more or fewer `<image>` placeholders than there are images.
  case placeholderCount(expected: Int, found: Int)
  /// An image would become no token, or a negative number of them.
  case emptyImage(index: Int, tokenCount: Int)

  /// What kind of failure this is.
  public var category: FailureCategory { .malformedInput }

  /// One line for people.
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
