// Opens any model: a checkpoint directory, quantized or not, or a .skyq file. What follows need not know which.
internal import JSON
public import ModelConfig
internal import Quantization
internal import Safetensors
internal import Skyq
public import Storage
internal import Tensors

/// A model on disk: its config, its small files, and its weights, mapped.
public struct ModelFile: Sendable {
  /// How the weights are stored.
  public enum Kind: String, Sendable {
    /// Safetensors shards in 16 or 32 bit.
    case checkpoint
    /// Safetensors shards with AWQ GEMM linears.
    case awqCheckpoint = "awq checkpoint"
    /// Safetensors shards with linears in one of GPTQ's layouts, whichever tool wrote them.
    case gptqCheckpoint = "gptq checkpoint"
    /// Safetensors shards with linears as compressed-tensors packs them.
    case packedCheckpoint = "compressed-tensors checkpoint"
    /// One memory-mapped file.
    case skyq

    /// Whether it is a directory of quantized linears.
    public var isQuantizedCheckpoint: Bool { [.awqCheckpoint, .gptqCheckpoint, .packedCheckpoint].contains(self) }

    /// Of a directory.
    fileprivate init(_ quantization: QuantizationConfig?) {
      switch quantization?.layout {
      case nil: self = .checkpoint
      case .awq: self = .awqCheckpoint
      case .gptq, .gptqV2: self = .gptqCheckpoint
      case .packQuantized: self = .packedCheckpoint
      }
    }
  }

  /// As the user named it.
  public let path: String
  /// How the weights are stored.
  public let kind: Kind
  /// config.json.
  public let config: ModelConfig
  /// config.json, tokenizer.json and so on.
  public let files: any NamedFiles
  /// Which of them go along into what is made of the model, and what lies beside them.
  public let carried: CarriedFiles
  /// What stands before the names of all tensors in the file, and has been taken away from them.
  public let wrapperPrefix: WrapperPrefix?
  /// All weights, without constants that older checkpoints carry, and their files.
  public let stored: WeightFiles
  /// Version and identity, of a .skyq file.
  let skyqHeader: SkyqHeader?
  /// The weights by canonical name.
  public let weights: StoredWeights

  /// Opens the model `path` and reads headers only. A repository's directory in the cache of the Hugging Face hub stands
  /// for its current snapshot.
  /// - Parameter readsActOrder: Whether linears are taken whose input features are not in the order of their groups: they
  ///   can be decoded, but not carried into another layout.
  /// - Throws: `StorageError`, `SafetensorsError`, `SkyqError`, `QuantizationError` or `ModelFilesError`.
  public static func open(_ path: String, readingActOrder readsActOrder: Bool = false) throws -> ModelFile {
    let path = try HubCache.resolved(path)
    return path.hasSuffix(".skyq") ? try openSkyq(path) : try openDirectory(path, readingActOrder: readsActOrder)
  }

  /// All weights in the order they are stored.
  public var tensors: [StoredTensor] { stored.tensors }

  /// Bytes of all weights, as stored.
  public var weightByteCount: Int { stored.byteCount }

  /// How many files the weights lie in.
  public var weightFileCount: Int { stored.count }

  /// These files.
  public var weightFiles: [MappedFile] { stored.shards }

  /// The largest of them.
  public var largestWeightFile: MappedFile? { stored.shards.max { $0.byteCount < $1.byteCount } }

  /// Gives back the memory of all weights that were read; they can still be read again.
  public func releasePages() { stored.releasePages() }

  /// Input features that share a scale in its quantized linears: the fewest, if they differ, so that all can be cut into
  /// such groups; nil if there are none.
  public var groupSize: Int? {
    tensors.lazy.compactMap { tensor in
      if case .quantized(let scheme) = tensor.encoding { scheme.groupSize } else { nil }
    }.min()
  }

  /// Bytes of the decoder layer with the most, as it is stored.
  public var largestLayerByteCount: Int { largestByteCount { WeightNames.layer(of: $0, in: .decoder) } }

  /// Bytes of what tiles read at a time, as it is stored: the largest layer of the vision tower, or the projector; 0 if
  /// there is no tower.
  public var largestVisionPartByteCount: Int {
    largestByteCount { $0.hasPrefix("mlp1.") ? -1 : WeightNames.layer(of: $0, in: .vision) }
  }

  /// Bytes of the largest of the parts that canonical names belong to.
  private func largestByteCount(part: (_ name: String) -> Int?) -> Int {
    var counts: [Int: Int] = [:]
    for tensor in tensors {
      let name = WeightNames.canonical(tensor.name, layout: config.layout).first?.name ?? ""
      if let part = part(name) { counts[part, default: 0] += tensor.byteCount }
    }
    return counts.values.max() ?? 0
  }

  /// Bytes of what scores the tokens that may follow, as it is stored: the output head, or the embedding table
  /// if there is no head.
  public var headByteCount: Int {
    func byteCount(_ module: String) -> Int? {
      tensors.first { tensor in
        WeightNames.canonical(tensor.name, layout: config.layout).first?.name == module + ".weight"
      }?.byteCount
    }
    return byteCount(DecoderNames.head) ?? byteCount(DecoderNames.embeddings) ?? 0
  }

  private static func openDirectory(_ path: String, readingActOrder readsActOrder: Bool) throws -> ModelFile {
    try SafetensorsCheckpoint.refusePickle(path)
    let directory = try DirectoryFiles(path: path)
    let config = try config(in: directory, path: path)
    let checkpoint = try SafetensorsCheckpoint(directory: directory)
    let reader = CheckpointReader(checkpoint, quantization: config.quantization, readingActOrder: readsActOrder)
    return try ModelFile(
      path: path, kind: Kind(config.quantization), config: config, files: directory,
      tensors: try reader.tensors(), shards: checkpoint.shards.map(\.mapping), shardNames: checkpoint.shardNames)
  }

  /// Opens the .skyq file `path`, whatever its name ends in.
  static func openSkyq(_ path: String) throws -> ModelFile {
    let file = try SkyqFile(path: path)
    let config = try config(in: file, path: path)
    return try ModelFile(
      path: path, kind: .skyq, config: config, files: file, tensors: try SkyqTensors(file).tensors(),
      shards: [file.mapping], shardNames: [path.split(separator: "/").last.map(String.init) ?? path],
      skyqHeader: file.header)
  }

  private init(
    path: String, kind: Kind, config: ModelConfig, files: any NamedFiles, tensors: [StoredTensor],
    shards: [MappedFile], shardNames: [String], skyqHeader: SkyqHeader? = nil
  ) throws {
    self.path = path
    self.kind = kind
    self.config = config
    self.files = files
    carried = CarriedFiles(files, path: path)
    let prefix = WrapperPrefix(tensors.lazy.map(\.name))
    if let prefix, prefix.isAdapter { throw ModelFilesError.unsupported(path: path, reason: prefix.explanation) }
    wrapperPrefix = prefix
    let bare = prefix.map { prefix in tensors.map { $0.named(String($0.name.dropFirst(prefix.text.count))) } }
    let tensors = (bare ?? tensors).usual(for: config)
    stored = WeightFiles(tensors: tensors, shards: shards, shardNames: shardNames)
    self.skyqHeader = skyqHeader
    weights = try StoredWeights(tensors, layout: config.layout, path: path)
  }

  private static func config(in files: any NamedFiles, path: String) throws -> ModelConfig {
    guard let bytes = try files.bytes(of: "config.json") else {
      throw ModelFilesError.missingFile(path: path, name: "config.json")
    }
    do {
      return try ModelConfig(document: try JSONValue(parsing: bytes))
    } catch let error as JSONError {
      throw ModelFilesError.malformedConfig(path: path, reason: "\(error)")
    } catch let error as ModelConfigError {
      throw ModelFilesError.unusableConfig(path: path, error)
    }
  }
}

extension ModelFile {
  /// Checks by the headers that the weights are those that config.json calls for: every name, shape and type that the
  /// forward pass will ask for, and no more layers than it has.
  /// - Throws: `ModelFilesError.contradictoryWeights` with the first contradiction.
  public func requireWeights() throws(ModelFilesError) {
    let check = WeightCheck(config, tensors.map { StoredWeight(name: $0.name, dtype: $0.dtype, shape: $0.shape) })
    if let fault = check.faults().first { throw .contradictoryWeights(path: path, fault) }
  }
}
