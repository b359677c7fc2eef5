// From a checkpoint directory to one memory-mapped file: a permutation of bytes, nothing is computed.
internal import Basics
public import JSON
public import Skyq
internal import Kernels
internal import ModelConfig
internal import Quantization
public import Storage
internal import Tensors

/// Packs a model into a .skyq file.
public struct SkyqPacker {
  private let source: ModelFile
  private let sources: [SourceDigest]
  private let version: String
  private let evaluations: [(name: String, report: JSONValue)]

  /// A packer of `source`, quantized or not.
  /// - Parameters:
  ///   - sources: The digests of its files, for the provenance.
  ///   - version: The program's, for the provenance.
  ///   - evaluations: Reports about the model, each under a name of its own.
  public init(
    _ source: ModelFile, sources: [SourceDigest], version: String,
    evaluations: [(name: String, report: JSONValue)] = []
  ) {
    self.source = source
    self.sources = sources
    self.version = version
    self.evaluations = evaluations
  }

  /// Bytes of the file.
  /// - Throws: as `pack` before anything is written.
  public func byteCount() throws -> Int {
    try SkyqWriter.byteCount(tensors: source.tensors.map { try plan($0) }, sections: sections())
  }

  /// Bytes of memory that packing takes, at most; pages of files that the system can drop do not count.
  public func memoryByteCount() throws -> Int {
    // Small files, their sections, and the beginning of the file that they become.
    let small = 3 * (try source.carriedByteCount)
    return small + Parallel.threadCount * (source.tensors.map(\.packingScratchByteCount).max() ?? 0)
  }

  /// Bytes that the file of `source` will have at least: all but padding and what describes it.
  public static func byteCount(of source: ModelFile) throws -> Int {
    source.tensors.reduce(try source.carriedByteCount) { $0 + $1.byteCount }
  }

  /// Writes the file that `folder` is for and gives it its name: every tensor under its own name in the checkpoint's order,
  /// quantized linears as awq_u4 or awq_u8, and every small file of the model, so that running and verifying need nothing else.
  ///
  /// The provenance names the source's files of weights with their digests, so that a resumed run goes on with the same
  /// ones only.
  /// - Parameters:
  ///   - prove: Looks at the written file before it gets its name; if it throws, nothing is kept.
  ///   - onTensor: Called with the number of tensors done and of all.
  /// - Returns: The header of the written file.
  /// - Throws: `ModelFilesError` for a tensor that the format cannot hold, `SkyqError`, `StorageError`, what `prove` and
  ///   `onTensor` throw.
  public func pack(
    in folder: consuming WorkFolder, proving prove: (ModelFile) throws -> Void = { _ in },
    onTensor: (Int, Int) throws -> Void
  ) throws -> SkyqHeader {
    let plan = try source.tensors.map { try self.plan($0) }
    var writer = try SkyqWriter(
      in: folder, tensors: plan, sections: try sections(), permissions: source.permissions)
    let writers = writer.tensorWriters, tensors = source.tensors
    while let first = writer.nextTensor {
      let batch = batch(from: first)
      // The largest first, so that no worker is left with a large one at the end.
      let order = batch.sorted { tensors[$0].byteCount > tensors[$1].byteCount }
      let written = Parallel.map(order.count) { turn in
        Result { try tensors[order[turn]].write(with: writers.makeWriter(of: order[turn])) }
      }
      for (index, result) in zip(order, written).sorted(by: { $0.0 < $1.0 }) {
        try writer.complete(result.get())
        try onTensor(index + 1, tensors.count)
      }
    }
    try source.requireUnchanged(sources)
    let sealed = try writer.seal()
    do {
      try prove(ModelFile.openSkyq(sealed.path))
    } catch {
      sealed.abandon()
      throw error
    }
    return try sealed.publish()
  }

  /// Bytes of the tensors that are written at once, at least.
  private static let batchByteCount = 256 << 20

  /// The next tensors: as many bytes beside the largest as it has itself, so that no worker is left without work for long.
  private func batch(from first: Int) -> Range<Int> {
    var end = first, byteCount = 0, largest = 0
    while end < source.tensors.count, byteCount < max(Self.batchByteCount, 2 * largest) {
      byteCount += source.tensors[end].byteCount
      largest = max(largest, source.tensors[end].byteCount)
      end += 1
    }
    return first..<end
  }

  private func plan(_ tensor: StoredTensor) throws -> SkyqTensorPlan {
    switch tensor.encoding {
    case .quantized(let scheme):
      return SkyqTensorPlan(
        name: tensor.name, encoding: scheme.bits == 8 ? .awqU8Float16 : .awqFloat16, shape: tensor.shape,
        groupSize: scheme.groupSize)
    case .dense(let dtype):
      guard let encoding = SkyqEncoding(dtype: dtype) else {
        throw ModelFilesError.unsupported(
          path: source.path,
          reason: "tensor '\(tensor.name.displayed)' has type \(dtype.rawValue), which a .skyq file cannot hold")
      }
      return SkyqTensorPlan(name: tensor.name, encoding: encoding, shape: tensor.shape)
    }
  }

  private func sections() throws -> [SkyqSectionContent] {
    var meta: JSONObject = ["architecture": .string(source.config.architectureName ?? source.config.modelType)]
    if let quantization = source.config.quantization {
      var stated: JSONObject = [
        "method": .string(quantization.layout.rawValue),
        "group_size": .integer(source.groupSize ?? quantization.groupSize ?? 128), "scales": "f16",
      ]
      if let bits = quantization.bits { stated["bits"] = .integer(bits) }
      meta["quantization"] = .object(stated)
    }
    var sections = [
      try SkyqSectionContent(.meta, json: .object(meta)),
      try SkyqSectionContent(
        .provenance,
        json: [
          "tool": "skyquant", "version": .string(version), "sources": .array(sources.map(\.json)),
        ]),
    ]
    if source.kind.isQuantizedCheckpoint, let bytes = try source.files.bytes(of: AWQCheckpointWriter.provenanceName) {
      sections += QuantizationRecord(bytes)?.sections ?? []
    }
    for (name, report) in evaluations {
      sections.append(try SkyqSectionContent(.evaluation, named: name, json: report.withoutFractions))
    }
    for name in source.carried.names {
      if let bytes = try source.files.bytes(of: name) { sections.append(SkyqSectionContent(file: name, bytes: bytes)) }
    }
    return sections
  }
}

extension StoredTensor {
  /// Bytes of a dense tensor that are hashed while the cache has them.
  private static let pieceByteCount = 1 << 20

  /// Hands its planes of a .skyq file to `writer`, and gives the memory of what was read back.
  fileprivate func write(with writer: consuming SkyqTensorWriter) throws -> WrittenSkyqTensor {
    var writer = writer
    defer { release() }
    switch try content {
    case .dense(let view):
      try view.withBytes { bytes in
        for start in stride(from: 0, to: bytes.byteCount, by: Self.pieceByteCount) {
          try writer.append(bytes.extracting(start..<min(start + Self.pieceByteCount, bytes.byteCount)))
        }
      }
    case .quantized(let packed): try packed.forEachPlanePiece { try writer.append($0) }
    }
    return writer.finish()
  }
}
