// Whether a quantized checkpoint comes back from the .skyq file that was made of it.
internal import Quantization
internal import Tensors

extension ModelFile {
  /// Checks that `packed` has the tensors of this checkpoint in this order, and that each comes back bit by bit: dense
  /// tensors, and the words and scales of int4 linears, which are derived again from the packed ones.
  /// - Parameter onTensor: Called with the number of tensors compared and of all.
  /// - Throws: `ModelFilesError.notReproduced` with the first tensor that does not.
  public func requireReturn(from packed: ModelFile, onTensor: (Int, Int) throws -> Void) throws {
    for index in 0..<max(tensors.count, packed.tensors.count) {
      guard index < tensors.count, index < packed.tensors.count,
        try tensors[index].isReproduced(by: packed.tensors[index])
      else {
        let name = (index < tensors.count ? tensors : packed.tensors)[index].name
        throw ModelFilesError.notReproduced(path: packed.path, name: name)
      }
      tensors[index].release()
      packed.tensors[index].release()
      try onTensor(index + 1, tensors.count)
    }
  }
}

extension StoredTensor {
  fileprivate func isReproduced(by other: StoredTensor) throws -> Bool {
    guard name == other.name, shape == other.shape else { return false }
    switch (try content, try other.content) {
    case (.dense(let before), .dense(let after)):
      return before.info.dtype == after.info.dtype && after.withBytes { before.hasBytes($0) }
    case (.quantized(let before), .quantized(let after)): return before.isReproduced(by: try after.unpacked())
    default: return false
    }
  }
}
