// The tensors of a .skyq file as stored tensors.
internal import Basics
internal import Quantization
internal import Skyq
internal import Tensors

/// The tensors of a .skyq file; nothing is copied, and no plane is read before its values are asked for.
struct SkyqTensors {
  private let file: SkyqFile

  init(_ file: SkyqFile) { self.file = file }

  /// All tensors in file order.
  func tensors() throws -> [StoredTensor] {
    try file.tensors.map { tensor in
      StoredTensor(
        name: tensor.name, content: try content(tensor),
        proof: ContentProof { [file] in try file.requireIntact(tensor) })
    }
  }

  private func content(_ tensor: SkyqTensor) throws -> StoredTensor.Content {
    switch tensor.encoding {
    case .awqFloat16: return .quantized(try matrix(tensor))
    case .awqU8Float16: return .quantized(try eightBitMatrix(tensor))
    case .awqBFloat16, .unknown:
      throw ModelFilesError.unsupported(
        path: file.path,
        reason: "tensor '\(tensor.name.displayed)' is stored as \(tensor.encoding), which this "
          + "version cannot compute with")
    default: return .dense(try file.unprovenView(of: tensor))
    }
  }

  private func matrix(_ tensor: SkyqTensor) throws -> U4Matrix {
    guard let scheme = QuantizationScheme(groupSize: tensor.groupSize),
      let matrix = U4Matrix(
        codes: try file.unprovenView(of: tensor, plane: 0), scales: try file.unprovenView(of: tensor, plane: 1),
        zeros: try file.unprovenView(of: tensor, plane: 2), scheme: scheme, rows: tensor.shape[0],
        columns: tensor.shape[1])
    else { throw wrongPlanes(tensor) }
    return matrix
  }

  private func eightBitMatrix(_ tensor: SkyqTensor) throws -> U8Matrix {
    guard
      let matrix = U8Matrix(
        codes: try file.unprovenView(of: tensor, plane: 0), scales: try file.unprovenView(of: tensor, plane: 1),
        zeros: try file.unprovenView(of: tensor, plane: 2), groupSize: tensor.groupSize, rows: tensor.shape[0],
        columns: tensor.shape[1])
    else { throw wrongPlanes(tensor) }
    return matrix
  }

  private func wrongPlanes(_ tensor: SkyqTensor) -> ModelFilesError {
    .wrongShape(
      path: file.path, name: tensor.name, expected: "the planes of a quantized matrix", found: "\(tensor.shape)")
  }
}
