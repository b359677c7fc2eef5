// The norms of vision tower, projector and decoder.
import Kernels
import ModelConfig
public import Tensors

/// x / √(mean(x²) + epsilon) · weight, row by row.
public struct RMSNorm: Sendable {
  /// `[width]`.
  public var weight: [Float]
  /// Added to the mean square.
  public let epsilon: Float

  /// A norm of a weight and an epsilon.
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
