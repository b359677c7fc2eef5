// The calibration set on its way through the decoder, one layer at a time, all samples of a layer before the next
// layer: memory holds one layer, the samples under way, and the activations of all if they fit (`ActivationStore`).
// The original model's stream, and beside it the quantized model's if errors are to be propagated.
internal import Kernels
package import ModelConfig
package import ReferenceModel
internal import Storage
internal import Tensors

/// Which activations a layer's statistics come from.
public enum Propagation: String, Sendable, CaseIterable {
  /// Those of the original model.
  case float
  /// Those of the model quantized so far.
  case quantized
}

/// A value of the original model, and one of the quantized model if errors are propagated.
package struct InBothModels<Value: Sendable>: Sendable {
  package var original: Value
  package var quantized: Value?

  package init(original: Value, quantized: Value?) {
    self.original = original
    self.quantized = quantized
  }
}

/// Both streams through the decoder.
package struct CalibrationStreams {
  /// What waits of a sample in one model.
  private struct Waiting: Sendable {
    let residual: Tensor
    /// Columns of the next linear's input, side by side; none where a norm of the residual stream gives it.
    let input: [Tensor]
  }

  private let samples: [CalibrationSample]
  private let model: LanguageModel
  private let memory: CalibrationMemory
  /// Whether, where outputs enter the residual stream, they are to make up for what it has lost and tokens count by
  /// how large it is.
  private let followsResidual: Bool
  /// What waits of the samples.
  package private(set) var activations: ActivationStore
  /// The site that all samples have come to last; nil between two layers.
  private var site: LinearSite?
  /// What the columns of the quantized model's waiting inputs are multiplied by when they are read, because what makes
  /// them was divided by scales later.
  private var inputFactors: [Float]?

  /// Streams between two layers, where `activations` are.
  package init(
    _ samples: [CalibrationSample], _ activations: consuming ActivationStore, model: LanguageModel,
    followsResidual: Bool, memory: CalibrationMemory
  ) {
    self.samples = samples
    self.activations = activations
    self.model = model
    self.followsResidual = followsResidual
    self.memory = memory
  }

  /// Whether there are no samples.
  package var isEmpty: Bool { samples.isEmpty }

  /// The blocks of a site in runs that are summed up in one pass each.
  package func runs(of blocks: ColumnBlocks, at site: LinearSite, outFeatures: Int) -> [Range<Int>] {
    memory.runs(
      of: SiteSums.byteCounts(
        of: blocks, at: site, outFeatures: outFeatures, propagates: propagates, hasHeldOut: hasHeldOut))
  }

  private var propagates: Bool { activations.shape.streams.contains(.quantized) }
  private var hasHeldOut: Bool { samples.contains(where: \.isHeldOut) }

  /// Brings the streams to `site` unless they are there, and sums up what some blocks of its input will see.
  /// - Parameters:
  ///   - run: The blocks, neighbours.
  ///   - layers: The layer in both models.
  ///   - sumsProducts: Whether more is wanted than magnitudes.
  /// - Throws: `StorageError.failed`.
  package mutating func statistics(
    at site: LinearSite, _ blocks: ColumnBlocks, _ run: Range<Int>, in layers: InBothModels<DecoderLayer>,
    sumsProducts: Bool
  ) throws -> [SiteStatistics] {
    memory.endStage()
    defer { memory.endStage() }
    let samples = samples, hasHeldOut = hasHeldOut, arrives = self.site != site
    var sums = blocks.ranges[run].map {
      SiteSums(size: $0.count, hasHeldOut: hasHeldOut, sumsProducts: sumsProducts)
    }
    let visit = SiteVisit(
      site, blocks, run, layers.original, hasDrift: propagates && sumsProducts, followsResidual: followsResidual)
    for batch in memory.batches(of: activations.shape.tokenCounts) {
      let inputs =
        arrives ? try arrive(batch, at: site, blocks, run, in: layers) : try revisit(batch, blocks, run, in: layers)
      let parts = Parallel.mapPieces(batch.count) { visit.parts(of: inputs[$0], samples[batch.lowerBound + $0]) }
      for position in sums.indices { sums[position].add(parts.map { $0[position] }) }
    }
    if arrives { settle(at: site) }
    return sums.indices.map { sums[$0].takeStatistics() }
  }

  /// Brings some samples to `site`, and returns what the blocks of `run` see.
  private mutating func arrive(
    _ batch: Range<Int>, at site: LinearSite, _ blocks: ColumnBlocks, _ run: Range<Int>,
    in layers: InBothModels<DecoderLayer>
  ) throws -> [InBothModels<SiteInput>] {
    let addsOutputs = self.site?.entersResidual ?? false
    return try zip(batch, advanced(batch, try batch.map { try waiting($0) }, to: site, blocks, in: layers)).map {
      sample, inputs in
      try inputs.map { stream, input in
        if addsOutputs { try activations.write([input.residual], to: .residual(stream), of: sample) }
        if site.inputWaits { try activations.write(input.blocks, to: .input(stream), of: sample) }
        return SiteInput(residual: input.residual, blocks: Array(input.blocks[run]))
      }
    }
  }

  private func advanced(
    _ batch: Range<Int>, _ waiting: [InBothModels<Waiting>], to site: LinearSite, _ blocks: ColumnBlocks,
    in layers: InBothModels<DecoderLayer>
  ) -> [InBothModels<SiteInput>] {
    let rotary = site == .attentionOutput ? rotaryTables(batch) : []
    return Parallel.mapPieces(batch.count) { offset in
      waiting[offset].with(layers) { stream, waiting, layer in
        var pass = pass(waiting, stream, in: layer)
        var cache = KVCache.Layer()
        pass.advance(to: site, of: layer, rotary: rotary[offset], cache: &cache)
        return SiteInput(residual: pass.hidden, blocks: blocks.parts(of: pass.input))
      }
    }
  }

  /// What the blocks of `run` see of some samples, which are at the site.
  private func revisit(
    _ batch: Range<Int>, _ blocks: ColumnBlocks, _ run: Range<Int>, in layers: InBothModels<DecoderLayer>
  ) throws -> [InBothModels<SiteInput>] {
    let waiting = try batch.map { try self.waiting($0, run) }
    return Parallel.mapPieces(batch.count) { offset in
      waiting[offset].with(layers) { stream, waiting, layer in
        guard waiting.input.isEmpty else { return SiteInput(residual: waiting.residual, blocks: waiting.input) }
        let input = pass(waiting, stream, in: layer).input
        return SiteInput(residual: waiting.residual, blocks: Array(blocks.parts(of: input)[run]))
      }
    }
  }

  /// All samples have come to `site`, or through the layer: what waited before it does no more.
  private mutating func settle(at site: LinearSite?) {
    if self.site?.inputWaits ?? false {
      for stream in activations.shape.streams { activations.drop(.input(stream)) }
    }
    self.site = site
    inputFactors = nil
  }

  /// Makes up for the quantized model's inputs of the present site being made before what makes them was divided by
  /// `scales`.
  package mutating func absorb(_ scales: [Float]) { inputFactors = scales.map { 1 / $0 } }

  /// Finishes a layer.
  /// - Throws: `StorageError.failed`.
  package mutating func leave(_ layers: InBothModels<DecoderLayer>) throws {
    for batch in memory.batches(of: activations.shape.tokenCounts) {
      for (sample, residuals) in zip(batch, left(try batch.map { try waiting($0) }, layers)) {
        _ = try residuals.map { try activations.write([$1], to: .residual($0), of: sample) }
      }
    }
    settle(at: nil)
  }

  private func left(
    _ waiting: [InBothModels<Waiting>], _ layers: InBothModels<DecoderLayer>
  ) -> [InBothModels<Tensor>] {
    Parallel.mapPieces(waiting.count) { offset in
      waiting[offset].with(layers) { stream, waiting, layer in
        var pass = pass(waiting, stream, in: layer)
        pass.leave(layer)
        return pass.hidden
      }
    }
  }

  /// What waits of a sample; only some blocks of the site's input unless `run` is nil.
  private func waiting(_ sample: Int, _ run: Range<Int>? = nil) throws -> InBothModels<Waiting> {
    func waiting(_ stream: CalibrationStream) throws -> Waiting {
      let residual = try activations.read(.residual(stream), of: sample)
      guard let site, site.inputWaits else { return Waiting(residual: residual, input: []) }
      guard let run else {
        return Waiting(residual: residual, input: try activations.readParts(.input(stream), of: sample))
      }
      return Waiting(
        residual: residual, input: try run.map { try activations.read(.input(stream), of: sample, part: $0) })
    }
    return InBothModels(
      original: try waiting(.original), quantized: propagates ? try waiting(.quantized) : nil)
  }

  /// A sample at the present site of `layer`, or in front of it.
  private func pass(_ waiting: Waiting, _ stream: CalibrationStream, in layer: DecoderLayer) -> LayerPass {
    var pass = LayerPass(waiting.residual)
    switch site?.absorber {
    case nil: break
    // What a norm gives is quickly made again.
    case .norm(let name): pass.input = layer[name](pass.hidden)
    case .rows:
      pass.input = Tensor(joiningColumns: waiting.input, times: stream == .quantized ? inputFactors : nil)
    }
    return pass
  }

  /// Of each sample's positions; one table serves neighbours at the same.
  private func rotaryTables(_ batch: Range<Int>) -> [RotaryTable] {
    var tables: [RotaryTable] = []
    for sample in samples[batch] {
      let last = tables.last.flatMap { $0.positions == sample.positions ? $0 : nil }
      tables.append(last ?? model.rotary(at: sample.positions))
    }
    return tables
  }
}

extension InBothModels {
  /// `body` of both values.
  fileprivate func map<Result>(
    _ body: (CalibrationStream, Value) throws -> Result
  ) rethrows -> InBothModels<Result> {
    InBothModels<Result>(
      original: try body(.original, original), quantized: try quantized.map { try body(.quantized, $0) })
  }

  /// `body` of both values, each with the layer of its model.
  fileprivate func with<Result>(
    _ layers: InBothModels<DecoderLayer>, _ body: (CalibrationStream, Value, DecoderLayer) -> Result
  ) -> InBothModels<Result> {
    map { body($0, $1, $0 == .original ? layers.original : layers.quantized ?? layers.original) }
  }
}

extension LinearSite {
  /// Whether the site's input has to be kept: it is more than a norm of the residual stream.
  fileprivate var inputWaits: Bool { if case .rows = absorber { true } else { false } }
}
