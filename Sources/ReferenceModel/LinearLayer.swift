// y = x · Wᵀ + b with a weight that stays in its stored form.
public import Kernels
public import Tensors

/// A linear layer. The weight may be replaced, as quantization does.
public struct LinearLayer: Sendable {
  /// `[out, in]`.
  public var weight: any WeightMatrix
  /// `[out]`, or nil.
  public var bias: [Float]?
  /// What multiplies.
  public let mode: NumericMode

  /// A layer of a weight and perhaps a bias.
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
