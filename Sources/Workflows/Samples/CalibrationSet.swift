// The samples of a calibration: which of them judge, how their tokens count, and what they are in front of the first
// decoder layer.
internal import Calibration
internal import ModelInputs
internal import Storage
internal import Tensors
internal import Verification

struct CalibrationSet {
  private let inputs: [ModelInput]
  private let tokenWeights: [[Float]]
  private let heldOut: [Bool]
  /// The samples, once they have been through the vision tower.
  private(set) var samples: [CalibrationSample] = []

  /// - Parameter heldOutEvery: Every N-th sample judges, or the last one if there are fewer; with 0 none
  ///   does.
  init(_ inputs: [ModelInput], weighting: TokenWeighting, heldOutEvery: Int, imageContextID: Int?) {
    self.inputs = inputs
    tokenWeights = weighting.weights(
      of: inputs.map { $0.tokenClasses(imageContextID: imageContextID).map(\.shareIndex) })
    let count = inputs.count
    heldOut = inputs.indices.map { index in
      guard heldOutEvery > 0, count > 1 else { return false }
      return index % heldOutEvery == heldOutEvery - 1 || (count < heldOutEvery && index == count - 1)
    }
  }

  /// Tokens of all samples.
  var tokenCount: Int { inputs.reduce(0) { $0 + $1.ids.count } }

  /// Brings the samples in front of the first decoder layer.
  mutating func embed(_ model: LoadedModel, _ observe: RunObserver) throws {
    for (index, input) in inputs.enumerated() {
      let embeddings = try model.embed(input)
      samples.append(
        CalibrationSample(embeddings: embeddings, tokenWeights: tokenWeights[index], isHeldOut: heldOut[index]))
      try observe(.progress(.visionTower, done: index + 1, total: inputs.count))
    }
  }

  /// SHA-256 of each sample: token ids, pixels, embeddings, weights, and whether it judges.
  var digests: [SHA256Digest] {
    zip(inputs, samples).map { input, sample in
      var hasher = SHA256Hasher()
      for part in [[input.ids.count, input.answerStart, sample.isHeldOut ? 1 : 0], input.ids] {
        hasher.update(unsafe part.span.bytes)
      }
      hasher.update(input.tilePixels)
      hasher.update(unsafe sample.embeddings.values.span.bytes)
      hasher.update(unsafe sample.tokenWeights.span.bytes)
      return hasher.finalize()
    }
  }
}
