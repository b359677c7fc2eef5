// One weight as a file stores it, whichever file that is.
internal import Kernels
public import Quantization
internal import Storage
internal import Synchronization
public import Tensors

/// A tensor of a model on disk: dense, or the parts of a quantized linear taken together.
///
/// Name, shape and encoding come from headers. The values can be had only through `content`, which proves them where the
/// file says how.
public struct StoredTensor: Sendable {
  /// What it holds.
  public enum Content: Sendable {
    /// Bytes of a plain element type.
    case dense(TensorView)
    /// Packed codes of 4 or 8 bits with zeros and scales.
    case quantized(any PackedLinear)
  }

  /// How the values are stored, without the values.
  public enum Encoding: Sendable, Equatable {
    /// A plain element type.
    case dense(DType)
    /// Packed codes of 4 or 8 bits with zeros and scales.
    case quantized(QuantizationScheme)
  }

  /// The name in the model's own layout; of a quantized linear, the name its plain weight would have.
  public let name: String
  private let unproven: Content
  private let proof: ContentProof?

  /// A tensor of a format that carries no digests.
  public init(name: String, content: Content) { self.init(name: name, content: content, proof: nil) }

  /// A tensor whose bytes `proof` holds to their digests.
  init(name: String, content: Content, proof: ContentProof?) {
    self.name = name
    unproven = content
    self.proof = proof
  }

  /// The same under another name.
  func named(_ name: String) -> StoredTensor { StoredTensor(name: name, content: unproven, proof: proof) }

  /// The bytes. When they are asked for first, all of them are read and held to their digests.
  /// - Throws: the file's error if they are damaged, each time.
  public var content: Content {
    get throws {
      try proof?.require()
      return unproven
    }
  }

  /// How the values are stored.
  public var encoding: Encoding {
    switch unproven {
    case .dense(let view): .dense(view.info.dtype)
    case .quantized(let packed): .quantized(packed.scheme)
    }
  }

  /// Logical shape; of a quantized linear `[outFeatures, inFeatures]`.
  public var shape: Shape {
    switch unproven {
    case .dense(let view): view.info.shape
    case .quantized(let packed): [packed.rows, packed.columns]
    }
  }

  /// Its type; nil for a quantized linear.
  public var dtype: DType? {
    switch encoding {
    case .dense(let dtype): dtype
    case .quantized: nil
    }
  }

  /// Whether it is a quantized linear.
  public var isQuantized: Bool { dtype == nil }

  /// Whether it is a quantized linear whose input features are not in the order of their groups.
  var hasActOrder: Bool { if case .quantized(let packed) = unproven { packed.hasActOrder } else { false } }

  /// Bits of its codes; nil if it is not quantized.
  public var codeBits: Int? { if case .quantized(let scheme) = encoding { scheme.bits } else { nil } }

  /// Bytes in the file, without padding.
  public var byteCount: Int {
    switch unproven {
    case .dense(let view): view.info.byteCount
    case .quantized(let packed): packed.byteCount
    }
  }

  /// Extent of the outermost dimension; 1 for a scalar.
  var rowCount: Int { shape.rank == 0 ? 1 : shape[0] }

  /// Some rows, decoded; a scalar has one.
  /// - Throws: as `content`, and for a type that is no float.
  func floats(_ rows: Range<Int>) throws -> [Float] {
    switch try content {
    case .dense(let view): return try view.info.shape.rank == 0 ? view.floats() : view.rows(rows).floats()
    case .quantized(let packed):
      var values = [Float](repeating: 0, count: rows.count * packed.columns)
      var span = values.mutableSpan
      packed.decodeRows(rows, into: &span)
      return values
    }
  }

  /// Bytes that packing it takes.
  var packingScratchByteCount: Int {
    switch unproven {
    case .dense: 0
    case .quantized(let packed): packed.planeScratchByteCount
    }
  }

  /// Where the bytes of a dense tensor lie in `file`; nil if they lie in another, or apart.
  func denseRange(in file: MappedFile) -> Range<Int>? {
    guard case .dense(let view) = unproven else { return nil }
    return view.range(in: file)
  }

  /// Gives back the memory of what was read of it; it can still be read again.
  public func release() {
    switch unproven {
    case .dense(let view): view.release()
    case .quantized(let packed): packed.release()
    }
  }

  /// `BF16`, `awq_u4 g128`, `gptq g64`.
  public var encodingName: String {
    switch unproven {
    case .dense(let view): view.info.dtype.rawValue
    case .quantized(let packed): packed.encodingName
    }
  }
}

/// Runs a check when it is first called for, and remembers what it found.
final class ContentProof: Sendable {
  private let check: @Sendable () throws -> Void
  private let verdict = Mutex<Result<Void, any Error>?>(nil)

  init(_ check: @escaping @Sendable () throws -> Void) { self.check = check }

  /// Threads that ask while the check runs wait for it.
  /// - Throws: what the check threw.
  func require() throws {
    try verdict.withLock { verdict in
      let found = verdict ?? Result { try check() }
      verdict = found
      return found
    }.get()
  }
}
