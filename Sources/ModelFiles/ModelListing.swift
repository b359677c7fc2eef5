// What can be told of files of weights without computing with them: headers, sizes, damage, differences. Any architecture, any
// layout of quantized linears, no config at all.
public import Basics
internal import JSON
internal import Safetensors
public import Storage
internal import Tensors

/// Tensors and small files of something that may be a model of ours.
public struct ModelListing: Sendable {
  /// Where it lies.
  public let path: String
  /// config.json, tokenizer.json and so on; none beside a single safetensors file.
  public let files: any NamedFiles
  /// Which of them belong to it without being weights.
  public let carried: CarriedFiles
  /// All tensors; linears in a layout that is known are one tensor each if it is a model of ours, else their parts are
  /// listed.
  public let weights: WeightFiles
  /// The model, if it is one that this program computes with.
  public let model: ModelFile?
  /// Why it is none.
  public let refusal: (any CategorizedError)?

  /// Opens a .skyq file, a directory with safetensors files, or one of these, and reads headers only.
  /// - Throws: `StorageError`, `SafetensorsError`, `SkyqError` for headers that cannot be read; `ModelFilesError` if there
  ///   are none.
  public static func open(_ path: String) throws -> ModelListing {
    if path.hasSuffix(".safetensors") { return try ModelListing(SafetensorsCheckpoint(path: path), refusal: nil) }
    do {
      return ModelListing(try ModelFile.open(path))
    } catch let refusal as any CategorizedError {
      let path = try HubCache.resolved(path)
      let isOfFiles = ![.inputOutput, .systemLimit].contains(refusal.category)
      guard isOfFiles, isDirectory(path) else { throw refusal }
      do {
        return try ModelListing(SafetensorsCheckpoint(anyOf: path), refusal: refusal)
      } catch let error as SafetensorsError where error.reason == .checkpoint(.noWeights) {
        throw refusal
      }
    }
  }

  /// What `model` consists of.
  public init(_ model: ModelFile) {
    path = model.path
    files = model.files
    carried = model.carried
    weights = model.stored
    self.model = model
    refusal = nil
  }

  private init(_ checkpoint: SafetensorsCheckpoint, refusal: (any CategorizedError)?) throws {
    path = checkpoint.path
    files = checkpoint.directory ?? NoFiles()
    carried = CarriedFiles(files, path: checkpoint.path)
    let tensors = try checkpoint.shards.flatMap { shard in
      try shard.tensors.map { StoredTensor(name: $0.name, content: .dense(try shard.tensor($0.name))) }
    }
    weights = WeightFiles(
      tensors: tensors, shards: checkpoint.shards.map(\.mapping), shardNames: checkpoint.shardNames)
    model = nil
    self.refusal = refusal
  }

  /// That this program does not compute with it, and why; nil for a model of ours, for a single file, and for what is
  /// malformed.
  public var note: String? {
    guard let refusal, refusal.category != .malformedInput else { return nil }
    return "\(path.displayed): not a model that skyquant computes with: \(reason ?? "")"
  }

  /// Why it is no model of ours, without its path.
  public var reason: String? {
    refusal.map { refusal in
      let text = "\(refusal)", place = path.displayed + ": "
      return text.hasPrefix(place) ? String(text.dropFirst(place.count)) : text
    }
  }

  /// What config.json calls it: the first of its `architectures`, or its `model_type`; nil if it says nothing.
  public var architecture: String? {
    guard let bytes = try? files.bytes(of: "config.json"), let config = try? JSONValue(parsing: bytes) else {
      return nil
    }
    return config["architectures"]?.arrayValue?.first?.stringValue ?? config["model_type"]?.stringValue
  }
}

/// Beside a single file of weights.
private struct NoFiles: NamedFiles {
  let names: [String] = []
  func bytes(of name: String) -> [UInt8]? { nil }
}
