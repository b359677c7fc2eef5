// What waits of all samples between two stops of calibration: in memory, or in a scratch file where it does not fit.
public import ModelConfig
public import Storage
public import Tensors

/// Which of two models an activation belongs to.
public enum CalibrationStream: Sendable, CaseIterable {
  /// The original one.
  case original
  /// The one quantized so far.
  case quantized
}

/// How much there is of each sample's activations.
public struct ActivationShape: Sendable {
  /// Tokens of each sample.
  public let tokenCounts: [Int]
  /// Width of the residual stream.
  public let hiddenSize: Int
  /// Width of the widest input that waits: that of o_proj or down_proj.
  public let inputSize: Int
  /// The models that samples pass through.
  public let streams: [CalibrationStream]
  /// Whether the samples will pass more than once, so that what stands in front of the first layer must stay.
  public let keepsEmbeddings: Bool

  /// Activations of so many tokens a sample.
  public init(
    tokenCounts: [Int], hiddenSize: Int, inputSize: Int, propagation: Propagation, keepsEmbeddings: Bool = false
  ) {
    self.tokenCounts = tokenCounts
    tokenCount = tokenCounts.reduce(0, +)
    self.hiddenSize = hiddenSize
    self.inputSize = inputSize
    streams = propagation == .quantized ? [.original, .quantized] : [.original]
    self.keepsEmbeddings = keepsEmbeddings
  }

  /// Activations of samples on their way through the decoder of `config`.
  public init(
    tokenCounts: [Int], config: TextConfig, propagation: Propagation, keepsEmbeddings: Bool = false
  ) {
    self.init(
      tokenCounts: tokenCounts, hiddenSize: config.hiddenSize,
      inputSize: max(config.headCount * config.headDim, config.intermediateSize), propagation: propagation,
      keepsEmbeddings: keepsEmbeddings)
  }

  /// Floats for each token.
  public var floatsPerToken: Int {
    streams.count * (hiddenSize + inputSize) + (keepsEmbeddings ? hiddenSize : 0)
  }

  /// Tokens of all samples.
  public let tokenCount: Int

  /// Floats of all samples.
  public var floatCount: Int { tokenCount * floatsPerToken }

  /// Floats of one token in front of what `slot` has of it.
  fileprivate func floatsBefore(_ slot: ActivationStore.Slot) -> Int {
    let embeddings = keepsEmbeddings ? hiddenSize : 0
    switch slot {
    case .embeddings: return 0
    case .residual(let stream): return embeddings + (stream == .original ? 0 : hiddenSize)
    case .input(let stream):
      return embeddings + streams.count * hiddenSize + (stream == .original ? 0 : inputSize)
    }
  }

  fileprivate func width(_ slot: ActivationStore.Slot) -> Int {
    if case .input = slot { inputSize } else { hiddenSize }
  }
}

/// The activations of all samples that wait for their next stop.
///
/// A copy of one in memory is independent of it; copies of one in a scratch file share the file.
public struct ActivationStore: Sendable {
  /// What is kept of a sample.
  package enum Slot: Hashable {
    /// What stands in front of the first layer, `[tokens, hidden]`.
    case embeddings
    /// The residual stream, `[tokens, hidden]`.
    case residual(CalibrationStream)
    /// What the next linear reads, in parts side by side, `[tokens, columns]` each.
    case input(CalibrationStream)
  }

  /// How much there is.
  public let shape: ActivationShape
  private let scratch: ScratchFile?
  /// Tokens of the samples before each one.
  private let starts: [Int]
  /// The columns of each part; the same for all samples.
  private var widths: [Slot: [Int]] = [:]
  /// By slot and sample, unless they lie in the scratch file.
  private var kept: [Slot: [[Tensor]]] = [:]

  /// Room for activations.
  /// - Parameter scratch: Where they are kept, of at least `shape.floatCount` floats; nil for memory.
  public init(_ shape: ActivationShape, scratch: ScratchFile? = nil) {
    self.shape = shape
    self.scratch = scratch
    var tokens = 0
    starts = shape.tokenCounts.map { count in
      defer { tokens += count }
      return tokens
    }
  }

  /// Whether the activations lie in memory.
  public var isInMemory: Bool { scratch == nil }

  /// Puts a sample in front of the first layer.
  /// - Parameter embeddings: `[tokens, hidden]`.
  /// - Throws: `StorageError.failed`.
  public mutating func setEmbeddings(_ embeddings: Tensor, of sample: Int) throws(StorageError) {
    try write([embeddings], to: embeddingsSlot, of: sample)
  }

  /// What stands in front of the first layer, until the samples have passed it.
  /// - Throws: `StorageError.failed`.
  public func embeddings(of sample: Int) throws(StorageError) -> Tensor { try read(embeddingsSlot, of: sample) }

  /// Where the residual stream of a sample is, between two layers: `[tokens, hidden]`.
  /// - Throws: `StorageError.failed`.
  public func residual(_ stream: CalibrationStream, of sample: Int) throws(StorageError) -> Tensor {
    try read(.residual(stream), of: sample)
  }

  /// Puts the residual stream of a sample where it was, between two layers.
  /// - Throws: `StorageError.failed`.
  public mutating func setResidual(
    _ residual: Tensor, _ stream: CalibrationStream, of sample: Int
  ) throws(StorageError) {
    try write([residual], to: .residual(stream), of: sample)
  }

  /// Lets all streams begin in front of the first layer.
  /// - Throws: `StorageError.failed`.
  package mutating func begin() throws(StorageError) {
    for sample in shape.tokenCounts.indices {
      let embeddings = try read(embeddingsSlot, of: sample)
      for stream in shape.streams where embeddingsSlot != .residual(stream) {
        try write([embeddings], to: .residual(stream), of: sample)
      }
    }
  }

  private var embeddingsSlot: Slot { shape.keepsEmbeddings ? .embeddings : .residual(.original) }

  /// A part of what is kept of a sample.
  package func read(_ slot: Slot, of sample: Int, part: Int = 0) throws(StorageError) -> Tensor {
    guard let widths = widths[slot] else { preconditionFailure("nothing was kept") }
    guard let scratch else { return kept[slot, default: []][sample][part] }
    let tokens = shape.tokenCounts[sample], skipped = widths[..<part].reduce(0, +) * tokens
    let values = try scratch.read(widths[part] * tokens, at: place(of: slot, sample) + skipped)
    return Tensor(shape: [tokens, widths[part]], values: values)
  }

  /// All parts of what is kept of a sample.
  package func readParts(_ slot: Slot, of sample: Int) throws(StorageError) -> [Tensor] {
    var parts: [Tensor] = []
    for part in widths[slot, default: []].indices { parts.append(try read(slot, of: sample, part: part)) }
    return parts
  }

  /// Keeps the parts of a sample in place of those before.
  package mutating func write(_ parts: [Tensor], to slot: Slot, of sample: Int) throws(StorageError) {
    widths[slot] = parts.map { $0.shape[1] }
    guard let scratch else {
      kept[slot, default: [[Tensor]](repeating: [], count: starts.count)][sample] = parts
      return
    }
    var place = place(of: slot, sample)
    for part in parts {
      try scratch.write(part.values, at: place)
      place += part.values.count
    }
  }

  /// Forgets what is kept in a slot, of all samples.
  package mutating func drop(_ slot: Slot) {
    widths[slot] = nil
    kept[slot] = nil
  }

  private func place(of slot: Slot, _ sample: Int) -> Int {
    shape.tokenCount * shape.floatsBefore(slot) + starts[sample] * shape.width(slot)
  }
}
