// Activations of samples that a test makes itself.
import Calibration
import ModelConfig
import Storage
import Tensors

extension ActivationStore {
  /// Samples in front of the first layer of `config`.
  init(
    embeddings: [Tensor], _ config: TextConfig, _ propagation: Propagation,
    scratch: (Int) throws -> ScratchFile? = { _ in nil }
  ) throws {
    let shape = ActivationShape(
      tokenCounts: embeddings.map(\.rowCount), config: config, propagation: propagation)
    self.init(shape, scratch: try scratch(shape.floatCount))
    for (sample, embeddings) in embeddings.enumerated() { try setEmbeddings(embeddings, of: sample) }
  }
}
