// What is measured: kernels at shapes.
import Kernels
import Tensors

/// A kernel at a shape.
struct Work {
  enum Kind {
    /// A linear layer of so many tokens, weights in bf16.
    case linear(tokens: Int, Layer, NumericMode)
    /// Second moments of so many tokens, on and above the diagonal.
    case gram(size: Int, tokens: Int)
    /// A layer of one token.
    case next(Layer, StoredAs)
    /// Codes of some rows of so many weights, in groups of 64 or 128.
    case rounding(RoundingWork, columns: Int)
    /// U with Uᵀ·U = H⁻¹, in f64.
    case inverseFactor(size: Int)
  }

  /// Inputs and outputs.
  struct Layer {
    let columns: Int
    let rows: Int
  }

  enum StoredAs: String { case int4, bf16, f32 }

  let kind: Kind

  /// What is measured, in the table's order.
  static let all: [Work] = {
    let products = [
      (128, 5120, 5120), (512, 5120, 5120), (2048, 5120, 5120), (512, 5120, 1024), (128, 5120, 27648),
      (2048, 5120, 27648), (128, 27648, 5120), (2048, 27648, 5120), (1025, 3200, 12800), (1025, 12800, 3200),
      (512, 576, 1536), (512, 1536, 576),
    ].map { (tokens: $0, layer: Layer(columns: $1, rows: $2)) }
    let layers = [
      Layer(columns: 5120, rows: 27648), Layer(columns: 27648, rows: 5120), Layer(columns: 576, rows: 1536),
    ]
    let modes = [NumericMode.exact, .bfloat16]
    let linears = products.flatMap { product in modes.map { Kind.linear(tokens: product.tokens, product.layer, $0) } }
    let grams = [5120, 8192, 576, 1536].map { Kind.gram(size: $0, tokens: 512) }
    let nexts = layers.flatMap { layer in [StoredAs.int4, .bf16, .f32].map { Kind.next(layer, $0) } }
    let roundings = RoundingWork.allCases.flatMap { work in [5120, 8192, 576].map { Kind.rounding(work, columns: $0) } }
    let factors = [2048, 5120].map(Kind.inverseFactor)
    return (linears + grams + nexts + roundings + factors).map(Work.init)
  }()

  var kernel: String {
    switch kind {
    case .linear(_, _, .bfloat16): "linear bf16"
    case .linear: "linear exact"
    case .gram: "gram"
    case .next(_, let type): "next token \(type.rawValue)"
    case .rounding(let work, _): work.rawValue
    case .inverseFactor: "factor of the inverse"
    }
  }

  var shape: String {
    switch kind {
    case .linear(let tokens, let layer, _): "\(tokens) x \(layer.columns) -> \(layer.rows)"
    case .gram(let size, let tokens): "\(tokens) x \(size)"
    case .next(let layer, _): "\(layer.columns) -> \(layer.rows)"
    case .rounding(_, let columns): "\(RoundingWork.rows) x \(columns)"
    case .inverseFactor(let size): "\(size) x \(size)"
    }
  }

  var name: String { "\(kernel) \(shape)" }

  /// What a row's number counts.
  enum Unit { case operations, bytes, weights }

  var unit: Unit {
    switch kind {
    case .linear, .gram, .inverseFactor: .operations
    case .next: .bytes
    case .rounding: .weights
    }
  }

  /// Whether OpenBLAS has the same.
  var hasPeer: Bool {
    switch kind {
    case .linear, .gram: true
    case .next, .rounding, .inverseFactor: false
    }
  }

  /// Outputs that are made of a layer: no more than take a quarter of a second or so.
  static func measuredRows(_ layer: Layer, tokens: Int) -> Int {
    min(layer.rows, max(512, 20_000_000_000 / (2 * tokens * layer.columns) / 256 * 256))
  }

  /// Multiplications and additions.
  static func operations(tokens: Int, _ layer: Layer) -> Double {
    2 * Double(tokens) * Double(layer.columns) * Double(measuredRows(layer, tokens: tokens))
  }

  static func operations(tokens: Int, size: Int) -> Double { Double(tokens) * Double(size) * Double(size + 1) }

  /// Operations, bytes or weights in a second.
  var rate: Double {
    switch kind {
    case .linear(let tokens, let layer, let mode):
      let weight = StoredMatrix.bf16(rows: Self.measuredRows(layer, tokens: tokens), columns: layer.columns)
      let x = Numbers.tensor(tokens, layer.columns)
      return Self.operations(tokens: tokens, layer) / bestSeconds { _ = Matmul.linear(x, weight, in: mode) }
    case .gram(let size, let tokens):
      let x = Numbers.tensor(tokens, size)
      var sums = [Double](repeating: 0, count: size * size)
      return Self.operations(tokens: tokens, size: size)
        / bestSeconds { Gram.accumulate([(x, x)], upperOnly: true, into: &sums) }
    case .next(let layer, let type):
      let stored = StoredMatrix.make(type, rows: layer.rows, columns: layer.columns)
      let x = Numbers.tensor(1, layer.columns)
      return Double(stored.byteCount) / bestSeconds { _ = DotProducts.linear(x, [(stored.weight, nil)]) }
    case .rounding(let work, let columns): return work.weightsPerSecond(columns: columns)
    case .inverseFactor(let size):
      var matrix = [Double](repeating: 0.001, count: size * size)
      for index in 0..<size { matrix[index * size + index] = 1 }
      // A factor and the inverse of a triangle, a third of n³ each.
      return 2 / 3 * Double(size * size) * Double(size)
        / bestSeconds { _ = Cholesky.upperFactorOfInverse(matrix, size: size) }
    }
  }
}
