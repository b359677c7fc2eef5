// Patches of a tile as tokens: a convolution whose kernel equals its stride, the class token, positions.
import Kernels
import ModelConfig
import Tensors

/// Patch, class and position embeddings of the vision tower.
struct PatchEmbedding: Sendable {
  private let projection: LinearLayer
  private let classToken: [Float]
  private let positions: Tensor
  private let gridSide: Int
  private let patchSize: Int

  init(_ weights: ScopedWeights, config: VisionConfig, mode: NumericMode) throws {
    let (width, patch) = (config.hiddenSize, config.patchSize)
    let convolution = weights.scope("patch_embedding")
    let kernel = try convolution.tensor("weight", shape: [width, 3, patch, patch])
    projection = LinearLayer(
      weight: FloatMatrix(rows: width, columns: 3 * patch * patch, values: kernel.values),
      bias: try convolution.vector("bias", count: width), mode: mode)
    classToken = try weights.tensor("class_embedding", shape: [1, 1, width]).values
    positions = try weights.tensor("position_embedding", shape: [1, config.tokenCount, width])
      .reshaped(to: [config.tokenCount, width])
    gridSide = config.gridSide
    patchSize = patch
  }

  /// - Parameter tile: `[3, side, side]`.
  /// - Returns: `[1 + patches, width]`.
  func callAsFunction(_ tile: Tensor) -> Tensor {
    let patches = projection(unfolded(tile))
    var tokens = Tensor(shape: positions.shape, values: classToken + patches.values)
    tokens += positions
    return tokens
  }

  /// The pixels of each patch in the kernel's order: channel, row, column.
  /// - Returns: `[patches, 3 · patch · patch]`, patches row-major.
  private func unfolded(_ tile: Tensor) -> Tensor {
    let side = gridSide * patchSize
    var values: [Float] = []
    values.reserveCapacity(tile.values.count)
    for gridRow in 0..<gridSide {
      for gridColumn in 0..<gridSide {
        for channel in 0..<3 {
          for row in 0..<patchSize {
            let start = (channel * side + gridRow * patchSize + row) * side + gridColumn * patchSize
            values += tile.values[start..<start + patchSize]
          }
        }
      }
    }
    return Tensor(shape: [gridSide * gridSide, 3 * patchSize * patchSize], values: values)
  }
}
