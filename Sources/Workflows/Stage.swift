// The parts of a job whose steps are counted, and how long they are expected to take.
public import ModelConfig

/// A part of a job whose steps are counted.
public enum Stage: Sendable, Equatable {
  /// Reading all weights for their digests, and for what no model should hold. Counted in bytes.
  case hashing
  /// Reading all weights. Counted in bytes.
  case readingWeights
  /// Questions become prompts, and pictures tiles.
  case prompts
  /// Tiles of pictures pass through the vision tower, or through those of both models if they differ.
  case visionTower
  /// Linears outside the decoder's layers are fitted to tiles; counted in layers of the tower, and the projector.
  case outside
  /// The sites of the decoder layers are quantized; this one is done.
  case site(layer: Int, LinearSite)
  /// The same in the pass that only measures.
  case measuredSite(layer: Int, LinearSite)
  /// Samples pass through the decoder layers of both models.
  case layers
  /// Questions are answered, by both models if there are two.
  case answers
  /// Tensors are read and looked at.
  case readingTensors
  /// Tensors are written.
  case tensors
  /// Tensors are compared with what they were made of.
  case comparison
  /// Parts of a file are checked.
  case parts

  /// Stages of one kind follow one another at one pace.
  public enum Kind: Sendable {
    case hashing, readingWeights, prompts, visionTower, outside, measuring, quantizing, layers, answers, readingTensors,
      tensors
    case comparison, parts
  }

  /// What kind of work it is.
  public var kind: Kind {
    switch self {
    case .hashing: .hashing
    case .readingWeights: .readingWeights
    case .prompts: .prompts
    case .visionTower: .visionTower
    case .outside: .outside
    case .site: .quantizing
    case .measuredSite: .measuring
    case .layers: .layers
    case .answers: .answers
    case .readingTensors: .readingTensors
    case .tensors: .tensors
    case .comparison: .comparison
    case .parts: .parts
    }
  }
}

extension Stage: CustomStringConvertible {
  /// A few words for people.
  public var description: String {
    switch self {
    case .site(let layer, let site): "layer \(layer) \(site)"
    case .measuredSite(let layer, let site): "first pass, layer \(layer) \(site)"
    default: "\(kind)"
    }
  }
}

extension Stage.Kind: CustomStringConvertible {
  /// A few words for people.
  public var description: String {
    switch self {
    case .hashing: "hashing the weights"
    case .readingWeights: "reading the weights"
    case .prompts: "pictures and prompts"
    case .visionTower: "tiles through the vision tower"
    case .outside: "linears outside the layers"
    case .measuring: "first pass through the layers"
    case .quantizing: "quantizing the layers"
    case .layers: "layers"
    case .answers: "answers"
    case .readingTensors: "reading tensors"
    case .tensors: "tensors"
    case .comparison: "compared"
    case .parts: "parts"
    }
  }
}

/// How long the stages of one kind are expected to take.
public struct StageEstimate: Sendable, Equatable {
  /// What kind of work.
  public let kind: Stage.Kind
  /// How long it takes.
  public let seconds: Double

  /// An expectation.
  public init(_ kind: Stage.Kind, seconds: Double) {
    self.kind = kind
    self.seconds = seconds
  }
}

/// How long the stages of a job are expected to take.
public struct RunPlan: Sendable, Equatable {
  /// In the order of the job.
  public let stages: [StageEstimate]
  /// Decoder layers.
  public let layerCount: Int
  /// How long each site of a layer takes, in any unit.
  public let siteWeights: [LinearSite: Double]

  /// Expectations.
  public init(stages: [StageEstimate], layerCount: Int, siteWeights: [LinearSite: Double]) {
    self.stages = stages
    self.layerCount = layerCount
    self.siteWeights = siteWeights
  }

  /// The part of all layers' time after which a site of a layer is done; nil for stages of another kind, whose steps all
  /// take as long.
  public func share(of stage: Stage) -> Double? {
    guard case .site(let layer, let site) = stage, layerCount > 0 else { return nil }
    let weights = LinearSite.allCases.map { siteWeights[$0] ?? 1 }, all = weights.reduce(0, +)
    guard all > 0, let index = LinearSite.allCases.firstIndex(of: site) else { return nil }
    return (Double(layer) + weights[...index].reduce(0, +) / all) / Double(layerCount)
  }
}
