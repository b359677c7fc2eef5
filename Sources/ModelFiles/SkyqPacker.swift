// From a checkpoint directory to one memory-mapped file: a permutation of bytes, nothing is computed.
internal import Basics
public import JSON
public import Skyq
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

  /// Bytes that the file of `source` will have at least: all but padding and what describes it.
  public static func byteCount(of source: ModelFile) throws -> Int {
    source.tensors.reduce(try source.carriedByteCount) { $0 + $1.byteCount }
  }

  /// Writes the file that `folder` is for and gives it its name: every tensor under its own name in the checkpoint's order,
  /// int4 linears as awq_u4, and every small file of the model, so that running and verifying need nothing else.
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
    while let index = writer.nextTensor {
      switch try source.tensors[index].content {
      case .dense(let view): try view.withBytes { try writer.append($0) }
      case .int4(let packed):
        let planes = try packed.unpacked().u4Planes
        try writer.append(planes.codes)
        try writer.append(unsafe planes.scales.span.bytes)
        try writer.append(planes.zeros)
      }
      source.tensors[index].release()
      try onTensor(index + 1, source.tensors.count)
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

  private func plan(_ tensor: StoredTensor) throws -> SkyqTensorPlan {
    switch tensor.encoding {
    case .int4(let scheme):
      return SkyqTensorPlan(
        name: tensor.name, encoding: .awqFloat16, shape: tensor.shape, groupSize: scheme.groupSize)
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
      meta["quantization"] = [
        "method": .string(quantization.layout.rawValue), "bits": .integer(quantization.bits),
        "group_size": .integer(source.int4Scheme?.groupSize ?? quantization.groupSize ?? 128), "scales": "f16",
      ]
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
