// The blocks that the input features of a wide site are cut into.
internal import Kernels
package import ModelConfig
package import Tensors

/// The input features of a site, cut into blocks of whole groups as equal as possible.
///
/// Blocks are searched as if they were inputs of their own: correlations between blocks are left out of the error.
package struct ColumnBlocks {
  /// Input features.
  package let size: Int
  /// The blocks in order.
  package let ranges: [Range<Int>]

  /// As few blocks of at most `limit` features as whole groups allow. The input of o_proj stays whole, since its scales
  /// are shared between heads.
  package init(site: LinearSite, size: Int, groupSize: Int, limit: Int) {
    self.init(size: size, groupSize: groupSize, limit: site == .attentionOutput ? size : limit)
  }

  /// The same of any input.
  package init(size: Int, groupSize: Int, limit: Int) {
    self.size = size
    let groups = size / groupSize
    guard size > limit, size % groupSize == 0, limit >= groupSize else {
      ranges = [0..<size]
      return
    }
    let count = (size + limit - 1) / limit
    ranges = (0..<count).map { index in
      index * groups / count * groupSize..<(index + 1) * groups / count * groupSize
    }
  }

  /// The columns `range` of a matrix `[rows, size]`.
  package func part(_ range: Range<Int>, of matrix: Tensor) -> Tensor {
    range.count < size ? matrix.columns(range) : matrix
  }

  /// A matrix `[rows, size]` cut into the blocks.
  package func parts(of matrix: Tensor) -> [Tensor] { ranges.map { part($0, of: matrix) } }

  /// The columns of block `index` of a weight matrix `[rows, size]`, decoded; the matrix as it is if there is one block
  /// only.
  package func part(_ index: Int, of weight: any WeightMatrix) -> any WeightMatrix {
    guard ranges.count > 1 else { return weight }
    return FloatMatrix(weight.decoded(columns: ranges[index]))
  }
}
