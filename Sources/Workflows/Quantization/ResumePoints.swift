// Secures a quantization's work now and then, and reads back what a stopped run has secured.
internal import Calibration
internal import JSON
internal import ModelConfig
internal import ModelFiles
internal import Reports
internal import Storage
internal import Tensors

/// The points of one run that a later one can go on from.
struct ResumePoints {
  let recipe: JSONValue
  let sources: [SourceDigest]
  /// Seconds between two of them, at least.
  let interval: Double
  private let clock: RunClock
  private var last: Double

  init(recipe: JSONValue, sources: [SourceDigest], interval: Double, clock: RunClock) {
    self.recipe = recipe
    self.sources = sources
    self.interval = interval
    self.clock = clock
    last = clock.elapsed
  }

  /// Where a stopped run goes on.
  struct Resumed {
    let layerCount: Int
    let shardDigests: [SHA256Digest]
    let notes: RunNotes
  }

  /// What a stopped run of the same recipe and weights has secured; nil if there is none, or only what belongs to a
  /// directory that has got its name, or what was written before anything was secured, which is dropped.
  /// - Parameter activations: Of the samples; put where they were secured.
  func resumed(
    _ source: ModelFile, _ activations: inout ActivationStore, _ folder: inout WorkFolder
  ) throws -> Resumed? {
    guard folder.isResumed else { return nil }
    guard folder.hasState, let (point, digests) = try ResumePoint.read(from: folder) else {
      try folder.restart()
      return nil
    }
    try source.require(point.sources, found: sources)
    if let part = recipe.firstDifference(from: point.recipe) {
      throw ModelFilesError.otherRecipe(path: folder.destination, part: part)
    }
    guard let notes = RunNotes(point.notes), point.layerCount > 0, point.layerCount <= source.config.text.layerCount,
      try activations.restore(point.tensors)
    else { throw StorageError.altered(path: folder.statePath) }
    return Resumed(layerCount: point.layerCount, shardDigests: digests, notes: notes)
  }

  /// Secures the work if it is time.
  mutating func secure(
    _ writer: borrowing AWQCheckpointWriter, layerCount: Int, _ activations: ActivationStore, notes: RunNotes
  ) throws {
    let now = clock.elapsed
    guard now - last >= interval else { return }
    try writer.secure(
      ResumePoint(
        recipe: recipe, sources: sources, layerCount: layerCount, notes: notes.json, tensors: activations.secured))
    last = now
  }
}

extension ActivationStore {
  /// Where the residual streams are: `original.0` and so on, `[tokens, hidden]` each, then those of the quantized model
  /// if there is one.
  fileprivate var secured: ResumeTensors {
    let places = places
    return ResumeTensors(places.map { ($0.name, $0.shape) }) { try residual(places[$0].stream, of: places[$0].sample) }
  }

  /// Puts the residual streams where `tensors` say that they were; false if those are not of the same samples.
  fileprivate mutating func restore(_ tensors: ResumeTensors) throws -> Bool {
    let places = Dictionary(uniqueKeysWithValues: places.map { ($0.name, $0) })
    guard tensors.list.count == places.count, tensors.list.allSatisfy({ places[$0.name]?.shape == $0.shape })
    else { return false }
    for (index, secured) in tensors.list.enumerated() {
      guard let place = places[secured.name] else { return false }
      try setResidual(try tensors[index], place.stream, of: place.sample)
    }
    return true
  }

  private typealias Place = (name: String, shape: Shape, stream: CalibrationStream, sample: Int)

  private var places: [Place] {
    shape.streams.flatMap { stream in
      shape.tokenCounts.enumerated().map { sample, tokens in
        ("\(stream).\(sample)", [tokens, shape.hiddenSize], stream, sample)
      }
    }
  }
}
