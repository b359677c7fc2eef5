// Whether an opened model can be computed with, before anything is.
internal import ModelConfig

extension ModelFile {
  /// Checks by the headers that the weights are those that config.json calls for: every name, shape and type that the
  /// forward pass will ask for, and no more layers than it has.
  /// - Throws: `ModelFilesError.contradictoryWeights` with the first contradiction.
  public func requireWeights() throws(ModelFilesError) {
    let check = WeightCheck(config, tensors.map { StoredWeight(name: $0.name, dtype: $0.dtype, shape: $0.shape) })
    if let fault = check.faults().first { throw .contradictoryWeights(path: path, fault) }
  }
}
