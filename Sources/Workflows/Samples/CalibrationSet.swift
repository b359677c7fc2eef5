// The samples of a calibration: which of them judge, how their tokens count, and what they are in front of the first
// decoder layer.
internal import Calibration
internal import ImageProcessing
internal import JSON
internal import ModelFiles
internal import ModelInputs
internal import Storage
internal import Tensors
internal import Verification

struct CalibrationSet {
  private var inputs: [ModelInput]
  private let tokenWeights: [[Float]]
  private let heldOut: [Bool]
  private let classes: [[TokenClass]]
  /// The samples, once they have been through the vision tower.
  private(set) var samples: [CalibrationSample] = []
  /// SHA-256 of each of them: token ids, pixels, embeddings, weights, and whether it judges.
  private(set) var digests: [SHA256Digest] = []

  /// What is to be known about the samples, one line each.
  var notes: [String] = []
  /// What good samples have and these have not, one line each.
  var lacks: [String] = []

  /// - Parameter heldOutEvery: Every N-th sample judges, or the last one if there are fewer; with 0 none
  ///   does.
  init(_ inputs: [ModelInput], weighting: TokenWeighting, heldOutEvery: Int, imageContextID: Int?) {
    self.inputs = inputs
    let classes = inputs.map { $0.tokenClasses(imageContextID: imageContextID) }
    self.classes = classes
    tokenWeights = weighting.weights(of: classes.map { $0.map(\.shareIndex) })
    let count = inputs.count
    heldOut = inputs.indices.map { index in
      guard heldOutEvery > 0, count > 1 else { return false }
      return index % heldOutEvery == heldOutEvery - 1 || (count < heldOutEvery && index == count - 1)
    }
  }

  /// Tokens of each sample.
  var tokenCounts: [Int] { inputs.map(\.ids.count) }

  /// Tokens of each class, of all samples.
  var classCounts: [TokenClass: Int] { Self.counts(classes.joined()) }

  /// Whether a sample went through a conversation template.
  var hasQuestions: Bool { inputs.contains { !$0.isPlainText } }

  /// Whether a sample judges.
  var hasHeldOut: Bool { heldOut.contains(true) }

  /// The samples as they were read, with their pictures until those have been through the vision tower, and whether they
  /// judge.
  var readSamples: [(input: ModelInput, isHeldOut: Bool)] { Array(zip(inputs, heldOut)) }

  /// Bytes of the pictures, which are in memory until all have been through the vision tower.
  var pictureByteCount: Int {
    inputs.reduce(0) { $0 + ($1.pixels?.tiles ?? []).reduce(0) { $0 + $1.rgb.count } }
  }

  /// Tiles of all pictures.
  var tileCount: Int { inputs.reduce(0) { $0 + $1.tileCounts.reduce(0, +) } }

  /// Brings the samples in front of the first decoder layer, into `activations`, but for those that a stopped run has
  /// brought there.
  /// - Parameters:
  ///   - preparation: Where these are taken from, and all others secured.
  ///   - origin: What tells the model from others.
  mutating func embed(
    _ model: LoadedModel, into activations: inout ActivationStore, _ preparation: inout Preparation,
    origin: SHA256Digest, _ observe: RunObserver
  ) throws {
    let keys = inputs.map { $0.key(origin) }, width = activations.shape.hiddenSize
    var digests = [SHA256Digest](repeating: SHA256Digest(), count: inputs.count), missing: [Int] = []
    for index in inputs.indices {
      // Text is quickly looked up again.
      guard !inputs[index].tileCounts.isEmpty,
        let embeddings = try preparation.embeddings(keys[index], tokens: inputs[index].ids.count, width: width)
      else {
        missing.append(index)
        continue
      }
      digests[index] = digest(index, embeddings)
      try activations.setEmbeddings(embeddings, of: index)
    }
    try InputEmbedder(model).embed(
      missing.map { inputs[$0] }, onTile: { try observe(.progress(.visionTower, done: $0, total: $1)) }
    ) { place, embeddings in
      let index = missing[place]
      digests[index] = digest(index, embeddings[0])
      try activations.setEmbeddings(embeddings[0], of: index)
      if !inputs[index].tileCounts.isEmpty { preparation.add(sample: index, keys[index]) }
      try preparation.secure(activations)
    }
    samples = inputs.indices.map {
      CalibrationSample(tokenWeights: tokenWeights[$0], isHeldOut: heldOut[$0])
    }
    self.digests = digests
    for index in inputs.indices { inputs[index].pixels = nil }
    model.file.releasePages()
  }

  /// What is recorded of each sample that is in front of the first decoder layer.
  var records: [JSONValue] {
    digests.indices.map { index in
      [
        "held_out": .bool(heldOut[index]), "tiles": .array(inputs[index].tileCounts.map(JSONValue.integer)),
        "tokens": Self.json(Self.counts(classes[index])), "sha256": .string(digests[index].description),
      ]
    }
  }

  private func digest(_ index: Int, _ embeddings: Tensor) -> SHA256Digest {
    let input = inputs[index], weights = tokenWeights[index], values = embeddings.values
    var hasher = SHA256Hasher()
    for part in [[input.ids.count, input.answerStart, heldOut[index] ? 1 : 0], input.ids] {
      hasher.update(unsafe part.span.bytes)
    }
    for tile in input.pixels?.tiles ?? [] { hasher.update(tile.rgb) }
    hasher.update(unsafe values.span.bytes)
    hasher.update(unsafe weights.span.bytes)
    return hasher.finalize()
  }

  /// Counts under the names of their classes.
  static func json(_ counts: [TokenClass: Int]) -> JSONValue {
    var object = JSONObject()
    for tokenClass in TokenClass.allCases { object[tokenClass.rawValue] = .integer(counts[tokenClass] ?? 0) }
    return .object(object)
  }

  private static func counts(_ classes: some Sequence<TokenClass>) -> [TokenClass: Int] {
    classes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}

extension CalibrationSet {
  /// Tokens below which there are few: a Hessian of 1,000 inputs has a rank of at most as many.
  private static let fewTokens = 2048

  /// What good samples have and these have not, one line each.
  func lacks(seesPictures: Bool, holdsOut: Bool, hasAnswers: Bool) -> [String] {
    var lacks: [String] = []
    if seesPictures, tileCount == 0 {
      lacks.append(
        "calibrated without a picture, though the model sees: ask about pictures like those that it will be shown")
    }
    if hasQuestions, !hasAnswers {
      lacks.append("no question has an answer: what the model will have to say is not calibrated on")
    }
    if holdsOut, !hasHeldOut {
      lacks.append("a single sample: none is kept aside to judge by")
    }
    let tokens = tokenCounts.reduce(0, +)
    if tokens < Self.fewTokens {
      lacks.append("\(tokens) tokens are few to calibrate on; some thousands are needed")
    }
    return lacks
  }
}

extension ModelInput {
  /// What tells it, in front of the first layer of the model that `origin` tells from others, from all other inputs.
  fileprivate func key(_ origin: SHA256Digest) -> SHA256Digest {
    var hasher = SHA256Hasher()
    hasher.update(origin.bytes)
    hasher.update(unsafe [ids.count].span.bytes)
    hasher.update(unsafe ids.span.bytes)
    for tile in pixels?.tiles ?? [] { hasher.update(tile.rgb) }
    return hasher.finalize()
  }
}
