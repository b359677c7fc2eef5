public import Basics

/// Why a forward pass cannot run on its inputs.
public enum ReferenceModelError: CategorizedError, Equatable {
  /// A token id lies outside the embedding table.
  case tokenOutOfRange(id: Int, vocabularySize: Int)
  /// The prompt has another number of image context tokens than the tiles give.
  case imageTokenCount(inPrompt: Int, fromTiles: Int)
  /// Pixels do not have the shape the tower reads.
  case pixelShape(expected: String, found: String)
  /// Pixels were given to a model without a vision tower.
  case noVisionTower
  /// There is no output head: no stored tensor, and the config does not tie it to the embeddings.
  case missingOutputHead(tensor: String)
  /// A prompt without tokens has no next token.
  case emptyPrompt
  /// The hidden state to project does not exist.
  case layerSelection(selectLayer: Int, layerCount: Int)

  public var category: FailureCategory { .malformedInput }

  public var description: String {
    switch self {
    case .tokenOutOfRange(let id, let size):
      "token id \(id) lies outside the embedding table of \(size) rows; do tokenizer and model belong together?"
    case .imageTokenCount(let prompt, let tiles):
      "the prompt holds \(prompt) image context tokens, the tiles give \(tiles); give one placeholder per picture"
    case .pixelShape(let expected, let found):
      "pixel values: expected shape \(expected), found \(found)"
    case .noVisionTower:
      "this is a text model without a vision tower; leave the pictures out"
    case .missingOutputHead(let tensor):
      "tensor '\(tensor)' is missing and config.json does not set tie_word_embeddings; is a shard missing?"
    case .emptyPrompt:
      "the prompt is empty; give at least one token"
    case .layerSelection(let select, let count):
      "config.json: select_layer \(select) names no layer of a vision tower of \(count)"
    }
  }
}
