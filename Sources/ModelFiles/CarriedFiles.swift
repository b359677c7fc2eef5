// Which files of a model directory are part of the model without being weights: looked at before any work, so that what
// is made of the model neither lacks one nor fails for one at its end.
internal import Basics
internal import JSON
internal import Skyq
public import Storage

/// Config, tokenizer, templates, remote code, licence: everything that is carried over as it is. All outputs carry the same.
public struct CarriedFiles: Sendable, Equatable {
  /// Something that lies beside the model and does not go along.
  public struct LeftOut: Sendable, Equatable {
    public let name: String
    public let reason: Reason

    public init(name: String, reason: Reason) {
      self.name = name
      self.reason = reason
    }
  }

  /// Why it does not.
  public enum Reason: Sendable, Hashable {
    case directory
    /// A link whose target is not looked for.
    case symbolicLink
    /// A pipe, a socket, a device, a file that may not be read.
    case notReadable
    /// More bytes than such a file may have.
    case tooLarge
    /// A name that a .skyq file cannot hold.
    case name
    /// Another file has the same name but for upper and lower case.
    case sameName
    /// A copy that an editor, a download or somebody has left.
    case leftover
    /// What is no file but stands for one that was not downloaded.
    case placeholder
  }

  /// Their names, in the order of the model's.
  public let names: [String]
  /// What does not go along, but is neither hidden nor weights.
  public let leftOut: [LeftOut]
  private let fault: Fault?

  private struct Fault: Sendable, Equatable {
    let error: any CategorizedError
    static func == (a: Fault, b: Fault) -> Bool { "\(a.error)" == "\(b.error)" }
  }

  /// Code that loaders run when they are told to trust it, among `names`.
  public var codeNames: [String] { names.filter { $0.hasSuffix(".py") } }

  /// Those of `files`, the files of the model `path`.
  init(_ files: any NamedFiles, path: String) {
    let directory = files as? DirectoryFiles
    var names: [String] = [], leftOut: [LeftOut] = [], fault: Fault?, seen: Set<String> = []
    for name in files.names where !FileRole(name).staysBehind {
      let role = FileRole(name)
      do {
        if let directory { try Self.look(at: name, role, in: directory, path: path) }
        if !seen.insert(name.lowercased()).inserted { throw Obstacle(reason: .sameName) }
        names.append(name)
      } catch let obstacle as Obstacle {
        leftOut.append(LeftOut(name: name, reason: obstacle.reason))
      } catch {
        fault = fault ?? (error as? any CategorizedError).map(Fault.init)
      }
    }
    let directories = (directory?.directoryNames ?? []).map { LeftOut(name: $0, reason: .directory) }
    let others = (directory?.otherNames ?? []).map { name in
      LeftOut(name: name, reason: SkyqName.isFileName(name) ? .notReadable : .name)
    }
    self.names = names
    self.leftOut = directories + others + leftOut
    self.fault = fault
  }

  /// Why the first file that the model needs cannot go along; nil if all can.
  public var problem: String? { fault.map { "\($0.error)" } }

  /// Checks that no file that the model needs is missing from `names` for a reason that can be mended.
  /// - Throws: the first such reason: `StorageError`, `ModelFilesError`.
  public func requireWhole() throws { if let fault { throw fault.error } }

  private struct Obstacle: Error {
    let reason: Reason
  }

  /// - Throws: `Obstacle` for a file that may stay behind, what is wrong with it for one that is needed.
  private static func look(at name: String, _ role: FileRole, in files: DirectoryFiles, path: String) throws {
    if role == .leftover { throw Obstacle(reason: .leftover) }
    guard SkyqName.isFileName(name) else {
      guard role == .companion else { throw ModelFilesError.unusableName(path: path, name: name) }
      throw Obstacle(reason: .name)
    }
    do {
      _ = try files.byteCount(of: name)
      if role == .settings { try requireJSON(name, in: files, path: path) }
    } catch let error as StorageError {
      guard role == .companion, let reason = Reason(error) else { throw error }
      throw Obstacle(reason: reason)
    }
  }

  private static func requireJSON(_ name: String, in files: DirectoryFiles, path: String) throws {
    guard name.hasSuffix(".json"), let bytes = try files.bytes(of: name) else { return }
    do throws(JSONError) {
      var reader = try JSONReader(unsafe bytes.span.bytes)
      try reader.skipValue()
      try reader.finish()
    } catch {
      throw ModelFilesError.malformedFile(path: path, name: name, reason: "\(error)")
    }
  }
}

extension CarriedFiles.Reason {
  /// Why a file that a model can do without stays behind; nil for what the system could not do.
  fileprivate init?(_ error: StorageError) {
    switch error {
    case .symbolicLink, .missing: self = .symbolicLink
    case .tooLarge: self = .tooLarge
    case .placeholder: self = .placeholder
    case .wrongKind, .permissionDenied: self = .notReadable
    default: return nil
    }
  }
}

/// What a file of a model directory is, by its name.
enum FileRole {
  /// A file of weights in some format, or a hidden one.
  case weights, hidden
  /// A copy that nobody reads.
  case leftover
  /// A file that programs read by this name.
  case settings
  /// Code that programs run.
  case code
  /// Anything else: a licence, a picture.
  case companion

  private static let weightSuffixes = [
    ".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".ckpt", ".pkl", ".gguf",
    ".skyq", ".h5", ".msgpack", ".onnx",
  ]
  private static let leftoverSuffixes = [
    ".bak", ".old", ".orig", ".tmp", ".temp", ".swp", ".part", ".partial", ".incomplete", ".aria2", ".crdownload",
    ".lock", ".pyc", "~",
  ]
  private static let settingNames: Set<String> = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json",
    "merges.txt", "added_tokens.json", "special_tokens_map.json", "chat_template.json", "chat_template.jinja",
    "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json",
  ]

  init(_ name: String) {
    if name.hasPrefix(".") {
      self = .hidden
    } else if Self.leftoverSuffixes.contains(where: { name.hasSuffix($0) }) {
      self = .leftover
    } else if name.hasPrefix("pytorch_model") || Self.weightSuffixes.contains(where: { name.hasSuffix($0) }) {
      self = .weights
    } else if Self.settingNames.contains(name) {
      self = .settings
    } else {
      self = name.hasSuffix(".py") ? .code : .companion
    }
  }

  /// Whether it never goes along, and nobody needs to be told.
  var staysBehind: Bool { self == .weights || self == .hidden }
}

extension ModelFile {
  /// Bytes of the files that go along.
  var carriedByteCount: Int {
    get throws { try carried.names.reduce(0) { $0 + (try files.bytes(of: $1)?.count ?? 0) } }
  }

  /// SHA-256 of each file that goes along, by name.
  public var carriedDigests: [(name: String, digest: SHA256Digest)] {
    get throws {
      try carried.names.compactMap { name in try files.bytes(of: name).map { (name, SHA256Hasher.hash($0)) } }
    }
  }

  /// Who may read what is made from this model.
  public var permissions: OutputPermissions { OutputPermissions(from: [path] + stored.shards.map(\.path)) }
}
