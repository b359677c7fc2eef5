// What a model card says of a layout. It stands between markers, so that an export can say what has become of it.
internal import ModelCards

extension CheckpointFormat {
  /// Lines of Markdown.
  public var cardLines: [String] {
    [
      "The quantized linears are stored in the layout `\(name)`, which is read by "
        + "\(readers); `skyquant doctor` tells what is in their way, `skyquant run` and `skyquant verify` read it too."
    ]
  }

  /// `card` for a checkpoint in this layout, if it is one that `skyquant quantize` wrote; else `card` as it is.
  func describing(_ card: [UInt8]) -> [UInt8] { CardSection.layout.replacing(in: card, with: cardLines) ?? card }
}
