// Which files of a model directory are part of the model without being weights.
public import Storage

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

extension ModelFile {
  /// Names of the files that go along, in the order of the model's.
  var carriedNames: [String] { files.names.filter(CarriedFiles.includes) }

  /// Bytes of the files that go along.
  var carriedByteCount: Int {
    get throws { try carriedNames.reduce(0) { $0 + (try files.bytes(of: $1)?.count ?? 0) } }
  }

  /// SHA-256 of each file that goes along, by name.
  public var carriedDigests: [(name: String, digest: SHA256Digest)] {
    get throws {
      try carriedNames.compactMap { name in try files.bytes(of: name).map { (name, SHA256Hasher.hash($0)) } }
    }
  }

  /// Who may read what is made from this model.
  public var permissions: OutputPermissions { OutputPermissions(from: [path] + shards.map(\.path)) }
}
