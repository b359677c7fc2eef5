// A weight source for tests: a checkpoint in the InternVLChat layout (or its language model alone), with the fused
// qkv of the tower taken apart.
import Kernels
import Safetensors
import Tensors

struct CheckpointWeights: WeightSource {
  let checkpoint: SafetensorsCheckpoint
  /// Replaces a prefix of the canonical name, for checkpoints that name their tensors otherwise.
  var prefix: (canonical: String, stored: String) = ("", "")

  func contains(_ name: String) -> Bool { checkpoint.contains(storedName(name)) }

  func tensor(_ name: String, shape: Shape) throws -> Tensor {
    let view = try view(name)
    guard view.info.shape == shape else { throw WrongShape(name: name, found: view.info.shape) }
    return Tensor(shape: shape, values: try view.floats())
  }

  func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix {
    let matrix = try DenseMatrix(view(name))
    guard matrix.rows == rows, matrix.columns == columns else {
      throw WrongShape(name: name, found: [matrix.rows, matrix.columns])
    }
    return matrix
  }

  private func view(_ name: String) throws -> TensorView {
    for (part, letter) in ["q", "k", "v"].enumerated() {
      guard let range = name.firstRange(of: ".attn.\(letter)_proj.") else { continue }
      let fused = try checkpoint.view(name.replacingCharacters(in: range))
      let third = fused.info.shape[0] / 3
      return fused.rows(part * third..<(part + 1) * third)
    }
    return try checkpoint.view(storedName(name))
  }

  private func storedName(_ name: String) -> String {
    name.hasPrefix(prefix.canonical) ? prefix.stored + name.dropFirst(prefix.canonical.count) : name
  }
}

struct WrongShape: Error {
  let name: String
  let found: Shape
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>) -> String {
    var copy = self
    copy.replaceSubrange(range, with: ".attn.qkv.")
    return copy
  }
}
