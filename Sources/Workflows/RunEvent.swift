// What a job tells while it works. Whoever asked for the job decides what becomes of it: nothing is printed here.
public import LayerSearch
public import ModelConfig

/// Something that happened during a job.
public enum RunEvent: Sendable {
  /// So many of so many steps of a stage are done.
  case progress(Stage, done: Int, total: Int)
  /// A model's directory holds directories, which are no part of what is made of it.
  case directoriesLeftOut(model: String, names: [String])
  /// How much memory the job will take, and the limit that it keeps.
  case memory(MemoryPlan, MemoryLimit)
  /// A stopped run is gone on with.
  case resumed(layerCount: Int, of: Int)
  /// A decoder layer is quantized.
  case quantized(LayerOutcome)
  /// The result is not all that it may be taken for; one line.
  case warning(String)
}

/// Called with each event, on the thread that the job runs on. What it throws ends the job, which leaves nothing behind
/// but what it can go on with.
public typealias RunObserver = (RunEvent) throws -> Void

/// A part of a job whose steps are counted.
public enum Stage: Sendable, Equatable, CustomStringConvertible {
  /// Reading all weights for their digests, and for what no model should hold.
  case hashing
  /// Reading all weights.
  case readingWeights
  /// Questions become prompts, and pictures tiles.
  case prompts
  /// Tiles of pictures pass through the vision tower, or through those of both models if they differ.
  case visionTower
  /// The sites of the decoder layers are quantized; this one is done.
  case site(layer: Int, LinearSite)
  /// The same in the pass that only measures.
  case measuredSite(layer: Int, LinearSite)
  /// Samples pass through the decoder layers of both models.
  case layers
  /// Both models answer the questions.
  case answers
  /// Tensors are written.
  case tensors
  /// Tensors are compared with what they were made of.
  case comparison
  /// Parts of a file are checked.
  case parts

  /// A few words for people.
  public var description: String {
    switch self {
    case .hashing: "hashing the weights"
    case .readingWeights: "reading the weights"
    case .prompts: "pictures and prompts"
    case .visionTower: "tiles through the vision tower"
    case .site(let layer, let site): "layer \(layer) \(site.rawValue)"
    case .measuredSite(let layer, let site): "first pass, layer \(layer) \(site.rawValue)"
    case .layers: "layers"
    case .answers: "answers"
    case .tensors: "tensors"
    case .comparison: "compared"
    case .parts: "parts"
    }
  }
}
