// Which files of a model directory are part of the model without being weights.
internal import Basics
internal import Skyq
public import Storage

/// Config, tokenizer, templates, remote code, licence: everything that is carried over as it is.
enum CarriedFiles {
  private static let weightSuffixes = [
    ".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".gguf", ".skyq",
  ]

  /// What editors, downloads and savers leave behind.
  private static let junkSuffixes = [".bak", ".orig", ".tmp", ".swp", ".lock", ".incomplete", ".part", "~"]

  /// Files without which a model cannot be read, or runs otherwise: what is wrong with them is an error, not a file less.
  private static func isNeeded(_ name: String) -> Bool {
    name.hasSuffix(".json") || name.hasSuffix(".jinja") || name.hasSuffix(".py")
      || ["merges.txt", "vocab.txt"].contains(name)
  }

  /// Whether the file `name` may go along. Hidden files and weights do not.
  static func includes(_ name: String) -> Bool {
    !name.hasPrefix(".") && !weightSuffixes.contains { name.hasSuffix($0) }
  }

  /// Why a file that may go along does not; nil if it does. What a checkpoint gets, a .skyq file can hold.
  static func reasonAgainst(_ name: String, in files: any NamedFiles) -> String? {
    if junkSuffixes.contains(where: name.hasSuffix) || name.hasPrefix("pytorch_model") { return "left behind" }
    if !SkyqFile.canHold(fileNamed: name) { return "letters, digits, . _ - only in a .skyq file: rename it" }
    guard !isNeeded(name) else { return nil }
    switch files.obstacle(to: name) {
    case .tooLarge(_, let byteCount, let limit)?:
      return "\(ByteCount.text(byteCount)), more than \(ByteCount.text(limit))"
    case .standIn?: return "a git-lfs pointer, not the file"
    default: return nil
    }
  }
}

extension ModelFile {
  /// Names of the files that go along, in the order of the model's.
  var carriedNames: [String] {
    files.names.filter { CarriedFiles.includes($0) && CarriedFiles.reasonAgainst($0, in: files) == nil }
  }

  /// Files that do not go along though they are no weights, each with the reason.
  public var filesLeftOut: [(name: String, reason: String)] {
    files.names.filter(CarriedFiles.includes).compactMap { name in
      CarriedFiles.reasonAgainst(name, in: files).map { (name, $0) }
    }
  }

  /// Files of code that a loader may be asked to run, which go along.
  public var codeNames: [String] { carriedNames.filter { $0.hasSuffix(".py") } }

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
