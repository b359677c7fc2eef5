// What vision tower, projector and decoder are made of: linears, y = x · Wᵀ + b with a weight that stays in
// its stored form, and norms.
public import Kernels
import ModelConfig
public import Tensors

/// A linear layer. The weight may be replaced, as quantization does.
public struct LinearLayer: Sendable {
  /// `[out, in]`.
  public var weight: any WeightMatrix
  /// `[out]`, or nil.
  public var bias: [Float]?
  public let mode: NumericMode

  public init(weight: any WeightMatrix, bias: [Float]? = nil, mode: NumericMode) {
    self.weight = weight
    self.bias = bias
    self.mode = mode
  }

  /// Reads `weight` and, if `hasBias`, `bias` below `weights`.
  /// - Throws: if one is missing or has another shape.
  init(_ weights: ScopedWeights, inFeatures: Int, outFeatures: Int, hasBias: Bool, mode: NumericMode)
    throws
  {
    weight = try weights.matrix("weight", rows: outFeatures, columns: inFeatures)
    bias = hasBias ? try weights.vector("bias", count: outFeatures) : nil
    self.mode = mode
  }

  /// - Parameter x: `[tokens, in]`.
  /// - Returns: `[tokens, out]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { Matmul.linear(x, weight, bias: bias, in: mode) }
}

/// What linears multiply with, which a token's last digits depend on.
enum LinearProducts: Sendable {
  /// Matrix products in the layers' numeric mode: for whole prompts and texts.
  case panels
  /// Dot products: for the next tokens of some sequences.
  case dots

  /// Linears that read the same x.
  /// - Parameter x: `[tokens, in]`.
  /// - Returns: For each layer `[tokens, out]`.
  func callAsFunction(_ x: Tensor, _ layers: LinearLayer...) -> [Tensor] {
    switch self {
    case .panels: layers.map { $0(x) }
    case .dots: DotProducts.linear(x, layers.map { ($0.weight, $0.bias) })
    }
  }
}

/// x / √(mean(x²) + epsilon) · weight, row by row.
public struct RMSNorm: Sendable {
  /// `[width]`.
  public var weight: [Float]
  /// Added to the mean square.
  public let epsilon: Float

  public init(weight: [Float], epsilon: Float) {
    self.weight = weight
    self.epsilon = epsilon
  }

  init(_ weights: ScopedWeights, width: Int, epsilon: Float) throws {
    self.init(weight: try weights.vector("weight", count: width), epsilon: epsilon)
  }

  /// - Parameter x: `[tokens, width]`.
  /// - Returns: the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor { Normalization.rms(x, weight: weight, epsilon: epsilon) }

  /// Normalises each run of `width` elements of a row on its own.
  /// - Parameter x: `[tokens, heads · width]`.
  func perHead(_ x: Tensor) -> Tensor { Normalization.rmsPerHead(x, weight: weight, epsilon: epsilon) }
}

/// (x − mean) / √(variance + epsilon) · weight + bias, row by row.
public struct LayerNorm: Sendable {
  /// `[width]`.
  public var weight: [Float]
  /// `[width]`.
  public var bias: [Float]
  /// Added to the variance.
  public let epsilon: Float

  init(_ weights: ScopedWeights, width: Int, epsilon: Float) throws {
    weight = try weights.vector("weight", count: width)
    bias = try weights.vector("bias", count: width)
    self.epsilon = epsilon
  }

  /// - Parameter x: `[tokens, width]`.
  /// - Returns: the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Normalization.layer(x, weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// The norm a vision tower uses: RMSNorm in the 6B, LayerNorm in the 300M.
public enum VisionNorm: Sendable {
  case rms(RMSNorm)
  case layer(LayerNorm)

  init(_ weights: ScopedWeights, config: VisionConfig) throws {
    switch config.normType {
    case .rmsNorm: self = .rms(try RMSNorm(weights, width: config.hiddenSize, epsilon: config.normEpsilon))
    case .layerNorm: self = .layer(try LayerNorm(weights, width: config.hiddenSize, epsilon: config.normEpsilon))
    }
  }

  /// - Parameter x: `[tokens, width]`.
  /// - Returns: the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .rms(let norm): norm(x)
    case .layer(let norm): norm(x)
    }
  }
}
