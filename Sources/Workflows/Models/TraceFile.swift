// Every intermediate tensor of a prompt in one safetensors file, so that a port can be compared step by step.
internal import ImageProcessing
internal import ModelInputs
internal import ReferenceModel
internal import Safetensors
internal import Storage
internal import Tensors

/// Where the trace of a prompt goes.
public struct TraceFile: Sendable {
  /// A safetensors file.
  public var path: String
  /// Whether an existing file is replaced.
  public var overwrites: Bool

  /// The file `path`, which does not exist unless it may be replaced.
  public init(_ path: String, overwrites: Bool = false) {
    self.path = path
    self.overwrites = overwrites
  }

  /// Looks before the work whether the file may be written.
  /// - Parameter inputs: What must stay as it is.
  /// - Throws: `StorageError.exists`, `replacesInput` or `cannotCreate`.
  func requireName(keeping inputs: [String]) throws(StorageError) {
    try requireOutput(path, keeping: inputs)
    try AtomicFileWriter.require(path: path, overwriting: overwrites)
  }

  /// Runs the prompt and writes the file: `tiles_u8`, `pixel_values`, `input_ids`, `vision.*`, `projector`,
  /// `language.*`, `logits` and `generated_ids`.
  func write(
    _ input: ModelInput, generated: [Int], _ loaded: LoadedModel, permissions: OutputPermissions
  ) throws {
    let model = loaded.model
    var recording = Recording()
    var imageTokens: Tensor?
    if let tiles = input.pixels {
      let pixels = tiles.values
      let side = pixels.shape[2]
      recording.add("tiles_u8", .uint8, [pixels.shape[0], side, side, 3], tiles.rgb)
      recording.add("pixel_values", pixels)
      imageTokens = try model.projectTiles(pixels) { recording.add($0, $1) }
    }
    recording.add("input_ids", input.ids)
    let embeddings = try model.embed(
      ids: input.ids, imageContextToken: loaded.builder.imageContextID, imageTokens: imageTokens)
    var cache = KVCache(layerCount: model.language.layerCount)
    let hidden = try model.language(embeddings, cache: &cache) { recording.add($0, $1) }
    recording.add("logits", model.language.logits(hidden))
    recording.add("generated_ids", generated)
    let plan = try SafetensorsPlan(tensors: recording.infos)
    var writer = try SafetensorsWriter(
      plan,
      to: AtomicFileWriter(
        path: path, overwriting: overwrites, permissions: permissions, byteCount: plan.fileByteCount))
    for info in recording.infos { try writer.write(recording.bytes[info.name] ?? [], of: info.name) }
    try writer.finish().commit()
  }
}

/// The tensors of a trace, in order of their first appearance.
private struct Recording {
  private(set) var infos: [TensorInfo] = []
  private(set) var bytes: [String: [UInt8]] = [:]

  /// Adds a tensor. The tower runs tile by tile: what comes again under a name continues its outermost dimension.
  mutating func add(_ name: String, _ dtype: DType, _ shape: Shape, _ data: [UInt8]) {
    bytes[name, default: []] += data
    guard let index = infos.firstIndex(where: { $0.name == name }) else {
      infos.append(TensorInfo(name: name, dtype: dtype, shape: shape))
      return
    }
    let rows = infos[index].shape[0] + shape[0]
    infos[index] = TensorInfo(name: name, dtype: dtype, shape: Shape([rows] + shape.dimensions.dropFirst()))
  }

  mutating func add(_ name: String, _ ids: [Int]) {
    add(name, .int32, [ids.count], ids.flatMap { Int32(truncatingIfNeeded: $0).littleEndianBytes })
  }

  mutating func add(_ name: String, _ tensor: Tensor) {
    add(name, .float32, tensor.shape, tensor.values.flatMap(\.bitPattern.littleEndianBytes))
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
