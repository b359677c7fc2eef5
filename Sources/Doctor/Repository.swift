// A directory as it is found, whatever is wrong with it.
internal import Basics
internal import JSON
internal import ModelConfig
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
  /// Linears that the tensors say are quantized, in the order of the files.
  let linears: [QuantizedLinear]
  /// What config.json states of them.
  let stated: StatedQuantization?
  /// Findings about what could not be read.
  let unreadable: [Finding]
  let files: DirectoryFiles

  /// - Throws: `StorageError` if the directory cannot be read, or the system fails.
  init(path: String) throws {
    files = try DirectoryFiles(path: try HubCache.resolved(path))
    names = files.names
    var settings = SettingsChecks(files)
    config = try settings.json("config.json")
    let weights = try WeightFileChecks(files)
    checkpoint = weights.checkpoint
    linears = checkpoint?.quantizedLinears ?? []
    stated = config.flatMap(StatedQuantization.init)
    try settings.checkOthers(config: config)
    unreadable = settings.findings + weights.findings
  }

  /// A small JSON file; nil if there is none, or it is no JSON.
  func json(_ name: String) -> JSONValue? {
    guard let bytes = (try? files.bytes(of: name)) ?? nil else { return nil }
    return try? JSONValue(parsing: bytes)
  }

  /// The layout of the first quantized linear; nil if none is.
  var layout: StoredLayout? { linears.first?.layout }

  /// Modules that are quantized, as the file names them.
  var quantizedModules: [String] { linears.map(\.module) }

  /// Modules with a weight of two dimensions, none of them quantized, that no embedding table is.
  var plainLinears: [String] {
    let quantized = Set(quantizedModules)
    return (checkpoint?.tensors ?? []).compactMap { info in
      guard info.shape.rank == 2, let module = info.name.withoutSuffix(".weight"), !module.contains("embed"),
        !quantized.contains(module)
      else { return nil }
      return module
    }
  }

  /// The config of the language model: a nested one, or config.json itself.
  var languageConfig: JSONValue? {
    config.map { config in CheckpointLayout.languageKeys.lazy.compactMap { config[$0] }.first ?? config }
  }

  /// The first of config.json's `architectures`.
  var architecture: String? { config?["architectures"]?.arrayValue?.first?.stringValue }

  /// config.json without what says how linears are quantized.
  var bareConfig: JSONValue? {
    guard var object = config?.objectValue else { return nil }
    object["quantization_config"] = nil
    for key in CheckpointLayout.languageKeys {
      guard var nested = object[key]?.objectValue else { continue }
      nested["quantization_config"] = nil
      object[key] = .object(nested)
    }
    return .object(object)
  }
}

/// What the system could not do says nothing about the files.
func requireAboutFiles(_ error: any Error) throws {
  if let error = error as? StorageError, [.systemLimit, .inputOutput].contains(error.category) { throw error }
}

extension String {
  /// The text before `suffix`; nil if it does not end so.
  func withoutSuffix(_ suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }
}
