// Linears outside the decoder's layers: no norm before them takes up scales, and each is searched on its own.
public import ModelConfig
public import Quantization
public import Tensors

/// A linear of the vision tower or the projector, or the output head, that becomes codes.
public struct OutsideLinear: Sendable {
  /// What it reads.
  public let input: OutsideInput
  /// What plans call it, and what reports do.
  public let module: String, name: String
  /// `[out, in]`.
  public let weight: any WeightMatrix

  /// A linear.
  public init(input: OutsideInput, module: String, name: String, weight: any WeightMatrix) {
    self.input = input
    self.module = module
    self.name = name
    self.weight = weight
  }
}

/// What the search has made of the linears of one part.
public struct OutsideOutcome: Sendable {
  /// Where they stand.
  public let part: OutsidePart
  /// By module.
  public internal(set) var layer = QuantizedLayer()
  /// One report per linear.
  public internal(set) var reports: [LinearReport] = []
}
