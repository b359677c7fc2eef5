// Which names are those of pictures.

/// What a name says of a file.
public enum PictureName {
  /// How names of pictures end. Those of formats that are not decoded are among them: the decoder says which it is.
  private static let endings = [
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".jxl",
  ]

  /// Whether a file of this name should be a picture.
  public static func isOne(_ name: String) -> Bool {
    let name = name.lowercased()
    return endings.contains { name.hasSuffix($0) }
  }
}
