// What two models on disk do not have in common, whatever files they lie in.
internal import Glibc
internal import JSON
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Storage
public import Tensors

/// How one tensor of two models compares.
public struct TensorDifference: Sendable, Equatable {
  /// What is different.
  public enum Kind: Sendable, Equatable {
    /// Only the first model has it.
    case onlyInFirst
    /// Only the second model has it.
    case onlyInSecond
    /// Shapes differ.
    case shape(first: Shape, second: Shape)
    /// The same shape, but other bits, or values that cannot be compared.
    case bits
    /// The same shape and other values: the largest |a − b|, and ‖a − b‖ / ‖a‖, which is nil where a is zero; of two
    /// quantized tensors of the same bits also how many codes differ.
    case values(largest: Double, relative: Double?, codes: Int?)
    /// The same values in another encoding.
    case encoding
  }

  /// Its name in the file.
  public let name: String
  /// What is different.
  public let kind: Kind
}

/// Compares two models tensor by tensor and file by file.
public struct ModelDifference: Sendable {
  /// Tensors that differ: those of the first model in its order, then those that only the second has.
  public private(set) var tensors: [TensorDifference] = []
  /// Tensors that both have, bit by bit.
  public private(set) var equalTensorCount = 0
  /// Names of carried files that differ or that only one of them has.
  public private(set) var files: [String] = []

  /// Whether nothing differs.
  public var isEmpty: Bool { tensors.isEmpty && files.isEmpty }

  /// Reads both models whole.
  /// - Parameter onTensor: Called with the number of tensors compared and of all.
  /// - Throws: what reading throws.
  public init(_ first: ModelFile, _ second: ModelFile, onTensor: (Int, Int) -> Void) throws {
    try self.init(ModelListing(first), ModelListing(second), onTensor: onTensor)
  }

  /// The same of what may be no models of ours: their tensors as they are stored.
  public init(_ one: ModelListing, _ other: ModelListing, onTensor: (Int, Int) -> Void) throws {
    let first = one.weights, second = other.weights
    let others = Dictionary(second.tensors.map { ($0.name, $0) }) { first, _ in first }
    let batch = 32
    for start in stride(from: 0, to: first.tensors.count, by: batch) {
      let part = Array(first.tensors[start..<min(start + batch, first.tensors.count)])
      let found = Parallel.map(part.count) { index in
        Result { try ModelDifference.kind(part[index], others[part[index].name]) }
      }
      for (tensor, kind) in zip(part, found) {
        if let kind = try kind.get() {
          tensors.append(TensorDifference(name: tensor.name, kind: kind))
        } else {
          equalTensorCount += 1
        }
      }
      first.releasePages()
      second.releasePages()
      onTensor(start + part.count, first.tensors.count)
    }
    let known = Set(first.tensors.map(\.name))
    tensors += second.tensors.filter { !known.contains($0.name) }.map {
      TensorDifference(name: $0.name, kind: .onlyInSecond)
    }
    let names = Set(one.carried.names + other.carried.names)
    files = try names.sorted().filter { try one.files.bytes(of: $0) != other.files.bytes(of: $0) }
  }

  fileprivate static func kind(_ first: StoredTensor, _ second: StoredTensor?) throws -> TensorDifference.Kind? {
    guard let second else { return .onlyInFirst }
    guard first.shape == second.shape else { return .shape(first: first.shape, second: second.shape) }
    var codes: Int?
    switch (try first.content, try second.content) {
    case (.dense(let a), .dense(let b)) where a.info.dtype == b.info.dtype:
      if a.withBytes({ a in b.withBytes { b in isEqual(a, b) } }) { return nil }
      guard FloatFormat(a.info.dtype) != nil else { return .bits }
    case (.quantized(let a), .quantized(let b)):
      // Scales that half precision cannot hold are compared by the weights that they make.
      guard let a = try? a.unpacked(), let b = try? b.unpacked() else { break }
      if a == b { return nil }
      codes = a.scheme.bits == b.scheme.bits ? zip(a.codes, b.codes).count { $0 != $1 } : nil
    case (.dense(let a), _) where FloatFormat(a.info.dtype) == nil,
      (_, .dense(let a)) where FloatFormat(a.info.dtype) == nil:
      return .bits
    default: break
    }
    return try compared(first, second, codes: codes)
  }

  private static func isEqual(_ a: RawSpan, _ b: RawSpan) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    return unsafe a.withUnsafeBytes { a in
      unsafe b.withUnsafeBytes { b in
        guard let first = a.baseAddress, let second = b.baseAddress else { return true }
        return unsafe memcmp(first, second, a.count) == 0
      }
    }
  }

  /// Decodes both, some rows at a time. Equal bits are equal, also those of a NaN.
  private static func compared(
    _ first: StoredTensor, _ second: StoredTensor, codes: Int?
  ) throws -> TensorDifference.Kind? {
    guard first.shape.elementCount > 0 else { return .encoding }
    let rows = first.rowCount
    let rowsAtOnce = max(1, (1 << 20) / (first.shape.elementCount / rows))
    var (largest, squares, energy, isUnequal) = (0.0, 0.0, 0.0, false)
    for start in stride(from: 0, to: rows, by: rowsAtOnce) {
      let range = start..<min(start + rowsAtOnce, rows)
      for (a, b) in zip(try first.floats(range), try second.floats(range)) {
        energy += a.isFinite ? Double(a) * Double(a) : 0
        guard a.bitPattern != b.bitPattern, a != b else { continue }
        let difference = Double(a) - Double(b)
        guard difference.isFinite else { return .bits }
        isUnequal = true
        largest = max(largest, abs(difference))
        squares += difference * difference
      }
    }
    guard isUnequal else { return first.isQuantized && first.encodingName == second.encodingName ? nil : .encoding }
    return .values(largest: largest, relative: energy > 0 ? (squares / energy).squareRoot() : nil, codes: codes)
  }
}

extension ModelFile {
  /// Whether both models have the same tensors outside the language model, bit by bit.
  /// - Throws: what reading throws.
  public func hasSameVision(as other: ModelFile) throws -> Bool {
    let own = outsideDecoder, others = other.outsideDecoder
    guard own.map(\.name) == others.map(\.name) else { return false }
    let batch = 32
    for start in stride(from: 0, to: own.count, by: batch) {
      let range = start..<min(start + batch, own.count)
      let results = Parallel.map(range.count) { index in
        let pair = (own[start + index], others[start + index])
        defer {
          pair.0.release()
          pair.1.release()
        }
        return Result { try ModelDifference.kind(pair.0, pair.1) }
      }
      guard try results.allSatisfy({ try $0.get() == nil }) else { return false }
    }
    return true
  }

  /// By name.
  private var outsideDecoder: [StoredTensor] {
    tensors.filter { tensor in
      WeightNames.canonical(tensor.name, layout: config.layout).contains { !$0.name.hasPrefix(DecoderNames.prefix) }
    }.sorted { $0.name < $1.name }
  }
}
