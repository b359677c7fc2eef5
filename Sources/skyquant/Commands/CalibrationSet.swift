// The calibration samples of `skyquant quantize`: which of them judge, how their tokens count, and what they
// are in front of the first decoder layer.
import Calibration
import ModelInputs
import ReferenceModel
import Storage
import Tensors
import Verification

struct CalibrationSet {
  private let inputs: [ModelInput]
  private let tokenWeights: [[Float]]
  private let heldOut: [Bool]
  private let imageContextID: Int?
  /// The samples, once they have been through the vision tower.
  private(set) var samples: [CalibrationSample] = []

  /// - Parameter heldOutEvery: Every N-th sample judges, or the last one if there are fewer; with 0 none
  ///   does.
  init(_ inputs: [ModelInput], weighting: TokenWeighting, heldOutEvery: Int, imageContextID: Int?) {
    self.inputs = inputs
    self.imageContextID = imageContextID
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
  mutating func embed(_ model: VisionLanguageModel, _ progress: inout Progress) throws {
    for (index, input) in inputs.enumerated() {
      let embeddings = try model.embed(input, imageContextID: imageContextID)
      samples.append(
        CalibrationSample(embeddings: embeddings, tokenWeights: tokenWeights[index], isHeldOut: heldOut[index]))
      progress.update("vision tower", done: index + 1, total: inputs.count)
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

extension TokenClass {
  /// Its place in `--token-weights`.
  fileprivate var shareIndex: Int {
    switch self {
    case .image: 0
    case .prompt: 1
    case .answer: 2
    }
  }
}
