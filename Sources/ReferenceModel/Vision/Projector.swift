// From the vision tower's hidden states to tokens of the language model: pixel shuffle and `mlp1`, after
// OpenGVLab/InternVL's `modeling_internvl_chat.py`.
public import Kernels
public import ModelConfig
public import Tensors

/// Folds squares of neighbouring patches into one token each.
public struct PixelShuffle: Sendable {
  /// Patches along one side of the grid.
  public let gridSide: Int
  /// Patches along one side of a folded square; divides `gridSide`.
  public let factor: Int
  /// Row-major or transposed order of the folded tokens.
  public let version: PixelShuffleVersion

  public init(gridSide: Int, factor: Int, version: PixelShuffleVersion) {
    precondition(factor > 0 && gridSide % factor == 0, "the factor must divide the grid")
    self.gridSide = gridSide
    self.factor = factor
    self.version = version
  }

  /// - Parameter patches: `[gridSide², width]`, row-major, without the class token.
  /// - Returns: `[(gridSide / factor)², factor² · width]`; a row holds its square's patches row-major.
  public func callAsFunction(_ patches: Tensor) -> Tensor {
    precondition(patches.rowCount == gridSide * gridSide, "patches do not fill the grid")
    let width = patches.rowWidth, side = gridSide / factor
    var values: [Float] = []
    values.reserveCapacity(patches.values.count)
    for token in 0..<side * side {
      let (outer, inner) = (token / side, token % side)
      let (row, column) = version == .v2 ? (outer, inner) : (inner, outer)
      for line in 0..<factor {
        let start = ((row * factor + line) * gridSide + column * factor) * width
        values += patches.values[start..<start + factor * width]
      }
    }
    return Tensor(shape: [side * side, factor * factor * width], values: values)
  }
}

/// `mlp1`: LayerNorm, Linear, GELU, Linear.
public struct Projector: Sendable {
  /// nn.LayerNorm's default, which the tower's own epsilon does not change.
  private static let normEpsilon: Float = 1e-5

  private let norm: LayerNorm
  private let linear1: LinearLayer
  private let linear2: LinearLayer

  /// The projector whose weights lie below `mlp1.` in `weights`.
  /// - Throws: if a weight is missing or has another shape.
  public init(weights: any WeightSource, config: MultimodalConfig, hiddenSize: Int, mode: NumericMode) throws {
    let scope = ScopedWeights(weights, prefix: "mlp1.")
    let width = config.vision.hiddenSize * config.shuffleFactor * config.shuffleFactor
    norm = try LayerNorm(scope.scope("0"), width: width, epsilon: Projector.normEpsilon)
    func linear(_ name: String, from inFeatures: Int) throws -> LinearLayer {
      try LinearLayer(
        scope.scope(name), inFeatures: inFeatures, outFeatures: hiddenSize, hasBias: true, mode: mode)
    }
    linear1 = try linear("1", from: width)
    linear2 = try linear("3", from: hiddenSize)
  }

  /// Features of a token of the language model.
  var outFeatures: Int { linear2.weight.rows }

  /// - Parameters:
  ///   - x: `[tokens, factor² · width]`, after the shuffle.
  ///   - onInput: Called with what the first linear reads, 0, and the second, 1: `[tokens, features]`.
  /// - Returns: `[tokens, hidden]`.
  public func callAsFunction(_ x: Tensor, onInput: (Int, Tensor) -> Void = { _, _ in }) -> Tensor {
    let normed = norm(x)
    onInput(0, normed)
    let inner = Activation.gelu(linear1(normed))
    onInput(1, inner)
    return linear2(inner)
  }

  /// Gives back the memory of its weights as far as they are mapped; they can still be read.
  func release() { for linear in [linear1, linear2] { linear.weight.release() } }
}
