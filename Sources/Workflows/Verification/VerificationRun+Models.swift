// Which models a verification is about: opened, and each in its role.
internal import Basics
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import Storage

extension VerificationRun {
  /// Opens all models, weights mapped and not read, and refuses what cannot be compared before any is computed.
  /// - Throws: `WorkflowError.sameCandidate`, `differentModels`, and for a model in another's role; what `LoadedModel` throws.
  func models() throws -> (original: LoadedModel, quantized: [LoadedModel]) {
    var known: [String: String] = [:]
    for path in candidates {
      guard let place = resolvedPath(try HubCache.resolved(path)) else { continue }
      if let first = known.updateValue(path, forKey: place) {
        throw WorkflowError.sameCandidate(first: first, second: path)
      }
    }
    let original = try LoadedModel(reference, prompt: prompt, numericMode: numericMode)
    let quantized = try candidates.map { try LoadedModel($0, prompt: prompt, numericMode: numericMode) }
    for (path, candidate) in zip(candidates, quantized) {
      try requireComparable(original.file.config.text, candidate.file.config.text, path)
      try requireRoles(original.file.config, candidate.file.config, path)
    }
    return (original, quantized)
  }

  /// Checks that hidden states and logits of both models can be compared.
  private func requireComparable(
    _ original: TextConfig, _ candidate: TextConfig, _ path: String
  ) throws(WorkflowError) {
    let counts = [
      ("layers", original.layerCount, candidate.layerCount),
      ("hidden features", original.hiddenSize, candidate.hiddenSize),
      ("rows of the vocabulary", original.vocabularySize, candidate.vocabularySize),
    ]
    guard let (what, first, second) = counts.first(where: { $0.1 != $0.2 }) else { return }
    throw .differentModels(reference: reference, quantized: path, what: what, counts: (first, second))
  }

  /// Checks that the original is one. Whether the candidate has something to verify is told after the questions are
  /// read, so that nobody who tries questions on a model and itself misses what is wrong with them.
  private func requireRoles(
    _ original: ModelConfig, _ candidate: ModelConfig, _ path: String
  ) throws(WorkflowError) {
    switch (original.quantization == nil, candidate.quantization == nil) {
    case (true, _): return
    case (false, true): throw .swappedModels(quantized: reference, reference: path)
    case (false, false):
      guard allowsQuantizedReference else { throw .quantizedReference(path: reference) }
    }
  }

  /// Checks that every candidate has something to verify.
  func requireQuantized(_ models: [LoadedModel], _ asked: [SampleSource.Sample]) throws(WorkflowError) {
    guard let plain = models.firstIndex(where: { $0.file.config.quantization == nil }) else { return }
    let tiles = asked.flatMap(\.input.tileCounts)
    throw .notQuantized(
      path: candidates[plain],
      read: "\(samples.name.displayed): \(asked.count) samples, \(tiles.count) pictures in \(tiles.reduce(0, +)) tiles")
  }
}

extension ModelFile {
  /// Says if the model was calibrated on what it is to be judged by.
  /// - Parameters:
  ///   - files: The questions or the text, then the pictures.
  ///   - path: What the user calls the model.
  func seenBefore(_ files: [SourceDigest], path: String) -> [String] {
    guard let recorded = (try? ModelProvenance(self))?.calibration.flatMap(CalibrationRecord.init) else { return [] }
    let known = Set(recorded.files.map(\.sha256))
    guard let first = files.first else { return [] }
    let flatters = "the numbers flatter it; verify on others"
    guard !known.contains(first.sha256) else {
      return ["\(path.displayed) was calibrated on \(first.name.displayed): \(flatters)"]
    }
    let pictures = files.dropFirst(), seen = pictures.count { known.contains($0.sha256) }
    return seen == 0
      ? [] : ["\(path.displayed) was calibrated on \(seen) of these \(pictures.count) pictures: \(flatters)"]
  }
}
