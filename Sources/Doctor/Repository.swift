// A directory as it is found, whatever is wrong with it.
internal import Basics
internal import JSON
internal import ModelConfig
internal import ModelInputs
internal import Safetensors
internal import Storage
internal import Tensors

/// What could be read of a repository.
struct Repository {
  let names: [String]
  /// config.json; nil if there is none or it is no JSON object.
  let config: JSONValue?
  /// The tensors; nil if they cannot be read.
  let checkpoint: SafetensorsCheckpoint?
  /// Findings about what could not be read.
  let unreadable: [Finding]
  private let files: DirectoryFiles

  /// - Throws: `StorageError` if the directory cannot be read, or the system fails.
  init(path: String) throws {
    files = try DirectoryFiles(path: path)
    names = files.names
    var findings: [Finding] = []
    config = try Repository.parsed("config.json", files, &findings)
    do {
      checkpoint = try SafetensorsCheckpoint(directory: files)
    } catch {
      try Repository.requireAboutFiles(error)
      checkpoint = nil
      findings.append(
        Finding("F101", .error, "weights", "\(error)", do: "write safetensors shards and an index that fit each other"))
    }
    unreadable = findings
  }

  /// A small JSON file; nil if there is none.
  func json(_ name: String) -> JSONValue? {
    var findings: [Finding] = []
    return (try? Repository.parsed(name, files, &findings)) ?? nil
  }

  /// What the names of tensors end with that only other layouts than AWQ's have.
  private static let foreignSuffixes = [".weight_packed", ".weight_scale", ".weight_scale_inv", ".g_idx"]

  /// How the weights are quantized, if not as AWQ: the layout's name. Nothing here knows such layouts. Of tensors as
  /// AWQ has them a config that says otherwise is wrong, but for AutoRound's, which packs like that too.
  var foreignLayout: String? {
    let isForeign = (checkpoint?.tensors ?? []).contains { Self.foreignSuffixes.contains(where: $0.name.hasSuffix) }
    let configs = [config] + CheckpointLayout.languageKeys.map { config?[$0] }
    let method = configs.lazy.compactMap { $0?["quantization_config"]?["quant_method"]?.stringValue }.first
    let isAutoRound = method.map { ["auto-round", "intel/auto-round"].contains($0) } ?? false
    return isForeign || isAutoRound && !quantizedModules.isEmpty ? method.flatMap { $0 == "awq" ? nil : $0 } : nil
  }

  /// Small files that must be JSON and are not.
  func brokenJSON() throws -> [Finding] {
    var findings: [Finding] = []
    for name in names where name.hasSuffix(".json") && name != "config.json" && !name.hasSuffix(".index.json") {
      _ = try Repository.parsed(name, files, &findings)
    }
    return findings
  }

  /// What `run` and `verify` would not make of the settings for pictures.
  func brokenPictureSettings() throws -> [Finding] {
    guard let config, let model = try? ModelConfig(document: config), let multimodal = model.multimodal else {
      return []
    }
    do {
      _ = try PictureSettings(multimodal, layout: model.layout, files: files)
      return []
    } catch let error as ModelInputError {
      return [
        Finding(
          "F103", .error, "preprocessor_config.json", "\(error)", do: "take the file from the original repository")
      ]
    } catch {
      return []  // what cannot be read at all is told elsewhere
    }
  }

  /// Modules with a `qweight`, as the file names them.
  var quantizedModules: [String] {
    (checkpoint?.tensors ?? []).compactMap { $0.name.withoutSuffix(".qweight") }
  }

  /// Modules with a weight of two dimensions that no embedding table is.
  var plainLinears: [String] {
    (checkpoint?.tensors ?? []).compactMap { info in
      guard info.shape.rank == 2, let module = info.name.withoutSuffix(".weight"), !module.contains("embed") else {
        return nil
      }
      return module
    }
  }

  /// What the system could not do says nothing about the files.
  private static func requireAboutFiles(_ error: any Error) throws {
    if let error = error as? StorageError, [.systemLimit, .inputOutput].contains(error.category) { throw error }
  }

  private static func parsed(_ name: String, _ files: DirectoryFiles, _ findings: inout [Finding]) throws -> JSONValue?
  {
    do {
      guard let bytes = try files.bytes(of: name) else { return nil }
      return try JSONValue(parsing: bytes)
    } catch {
      try requireAboutFiles(error)
      findings.append(Finding("F102", .error, name, "\(error)", do: "take the file from the original repository"))
      return nil
    }
  }
}

extension String {
  /// The text before `suffix`; nil if it does not end so.
  func withoutSuffix(_ suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }
}
