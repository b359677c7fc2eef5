// Answers a model's requests for weights from stored tensors, under canonical names.
internal import Kernels
public import ModelConfig
public import Tensors

/// The weights of a model on disk, decoded only when asked for.
public struct StoredWeights: WeightSource {
  private struct Entry {
    let tensor: StoredTensor
    let name: CanonicalName
  }

  private let path: String
  private let entries: [String: Entry]

  /// The weights in `tensors`, whose names follow `layout`.
  /// - Parameter path: What messages call the model.
  /// - Throws: `ModelFilesError.contradictoryWeights` if two tensors stand for one weight.
  public init(_ tensors: [StoredTensor], layout: CheckpointLayout, path: String) throws(ModelFilesError) {
    var entries: [String: Entry] = [:]
    for tensor in tensors {
      for name in WeightNames.canonical(tensor.name, layout: layout) {
        if let first = entries.updateValue(Entry(tensor: tensor, name: name), forKey: name.name) {
          throw .contradictoryWeights(path: path, .storedTwice(first: first.tensor.name, second: tensor.name))
        }
      }
    }
    self.entries = entries
    self.path = path
  }

  /// Whether the weight exists.
  public func contains(_ name: String) -> Bool { entries[name] != nil }

  /// See `WeightSource.tensor`. A shape that differs only by extents of 1 is accepted, since layouts differ there.
  public func tensor(_ name: String, shape: Shape) throws -> Tensor {
    let view = try denseView(name)
    let found = view.info.shape
    guard found.dimensions.filter({ $0 != 1 }) == shape.dimensions.filter({ $0 != 1 }) else {
      throw ModelFilesError.wrongShape(path: path, name: name, expected: "\(shape)", found: "\(found)")
    }
    return Tensor(shape: shape, values: try view.floats())
  }

  /// See `WeightSource.matrix`.
  public func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix {
    let matrix: any WeightMatrix = try quantizedMatrix(name) ?? DenseMatrix(denseView(name))
    guard matrix.rows == rows, matrix.columns == columns else {
      throw ModelFilesError.wrongShape(
        path: path, name: name, expected: "[\(rows), \(columns)]", found: "[\(matrix.rows), \(matrix.columns)]")
    }
    return matrix
  }

  /// A quantized weight, or the third of a fused one that `name` stands for; nil if it is dense.
  private func quantizedMatrix(_ name: String) throws -> (any WeightMatrix)? {
    let entry = try entry(name), count = entry.name.partCount
    guard case .quantized(let packed) = try entry.tensor.content else { return nil }
    guard count > 1 else { return packed }
    guard packed.rows % count == 0 else {
      throw ModelFilesError.wrongShape(
        path: path, name: entry.tensor.name, expected: "a multiple of \(count) rows", found: "\(entry.tensor.shape)")
    }
    let rows = packed.rows / count
    return MatrixRows(packed, entry.name.part * rows..<(entry.name.part + 1) * rows)
  }

  private func entry(_ name: String) throws -> Entry {
    guard let entry = entries[name] else { throw ModelFilesError.missingTensor(path: path, name: name) }
    return entry
  }

  /// The bytes of a dense weight, or the third of a fused one that `name` stands for.
  private func denseView(_ name: String) throws -> TensorView {
    let entry = try entry(name)
    guard case .dense(let view) = try entry.tensor.content, view.info.dtype.isWeightType else {
      throw ModelFilesError.wrongType(
        path: path, name: name, expected: "F32, F16 or BF16", found: entry.tensor.encodingName)
    }
    guard entry.name.partCount > 1 else { return view }
    guard view.info.shape.rank > 0, view.info.shape[0] % entry.name.partCount == 0 else {
      throw ModelFilesError.wrongShape(
        path: path, name: entry.tensor.name, expected: "a multiple of \(entry.name.partCount) rows",
        found: "\(view.info.shape)")
    }
    let rows = view.info.shape[0] / entry.name.partCount
    return view.rows(entry.name.part * rows..<(entry.name.part + 1) * rows)
  }
}

/// Some rows of a matrix as a matrix of their own.
private struct MatrixRows: WeightMatrix {
  private let whole: any WeightMatrix
  private let range: Range<Int>

  init(_ whole: any WeightMatrix, _ range: Range<Int>) {
    self.whole = whole
    self.range = range
  }

  var rows: Int { range.count }
  var columns: Int { whole.columns }

  func decodeRows(_ rows: Range<Int>, into output: inout MutableSpan<Float>) {
    whole.decodeRows(range.lowerBound + rows.lowerBound..<range.lowerBound + rows.upperBound, into: &output)
  }

  func release() { whole.release() }
}
