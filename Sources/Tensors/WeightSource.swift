// Where formats and models meet: a model asks for weights by name and shape, and never learns
// whether a safetensors shard, an AWQ checkpoint or a .skyq file answers.

/// The weight of a linear layer or an embedding table, logically `[rows, columns]` = `[outFeatures, inFeatures]`.
///
/// It may be stored in 16 bit or as packed int4; it is decoded a few rows at a time, so that a model larger than
/// memory can run from a mapped file.
public protocol WeightMatrix: Sendable {
  /// Output features.
  var rows: Int { get }
  /// Input features.
  var columns: Int { get }
  /// Decodes `range` of the rows as 32-bit floats, row-major, into the first `range.count * columns` of `output`.
  func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>)
  /// Gives the memory of a mapped weight back to the system until it is read again. Others do nothing.
  func release()
}

extension WeightMatrix {
  /// Nothing is mapped.
  public func release() {}
}

/// Gives weights by canonical name (the InternVLChat layout's names, see `WeightNames`).
public protocol WeightSource: Sendable {
  /// Whether the tensor `name` (or, for a quantized linear, its packed parts) exists.
  func contains(_ name: String) -> Bool
  /// A small tensor, widened to 32-bit floats.
  /// - Throws: if it is missing or has another shape; the message names file, tensor, expected and found.
  func tensor(_ name: String, shape: Shape) throws -> Tensor
  /// A weight matrix `[rows, columns]`, left in its stored form. `name` ends in `.weight` also when the
  /// weight is stored as int4.
  /// - Throws: if it is missing or has another shape.
  func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix
}

/// A weight source seen below a prefix, so that a layer asks for `q_proj.weight` and need not know where it stands.
public struct ScopedWeights: Sendable {
  private let source: any WeightSource
  private let prefix: String

  /// The weights of `source` below `prefix`, which is empty or ends in a dot.
  public init(_ source: any WeightSource, prefix: String = "") {
    self.source = source
    self.prefix = prefix
  }

  /// The scope one or more components deeper: `scope("self_attn")`, `scope("layers.3")`.
  public func scope(_ path: String) -> ScopedWeights { ScopedWeights(source, prefix: prefix + path + ".") }

  /// Whether the tensor exists in this scope.
  public func contains(_ name: String) -> Bool { source.contains(prefix + name) }

  /// See `WeightSource.tensor`.
  public func tensor(_ name: String, shape: Shape) throws -> Tensor { try source.tensor(prefix + name, shape: shape) }

  /// A vector of `count` floats.
  public func vector(_ name: String, count: Int) throws -> [Float] { try tensor(name, shape: [count]).values }

  /// See `WeightSource.matrix`.
  public func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix {
    try source.matrix(prefix + name, rows: rows, columns: columns)
  }
}

extension WeightMatrix {
  /// The whole matrix in memory, `[rows, columns]`.
  public func decoded() -> Tensor { decoded(rows: 0..<rows) }

  /// Some rows in memory, `[range, columns]`.
  public func decoded(rows range: Range<Int>) -> Tensor {
    var values = [Float](repeating: 0, count: range.count * columns)
    var span = values.mutableSpan
    decodeRows(range, into: &span)
    return Tensor(shape: [range.count, columns], values: values)
  }
}
