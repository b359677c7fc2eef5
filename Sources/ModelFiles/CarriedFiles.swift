// Which files of a model directory are part of the model without being weights.

/// Config, tokenizer, templates, remote code, licence: everything that is carried over as it is.
enum CarriedFiles {
  private static let weightSuffixes = [
    ".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".gguf", ".skyq",
  ]

  /// Whether the file `name` goes along. Hidden files and weights do not.
  static func includes(_ name: String) -> Bool {
    !name.hasPrefix(".") && !weightSuffixes.contains { name.hasSuffix($0) }
  }
}
