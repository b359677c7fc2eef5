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
    let state: StreamState
    let notes: RunNotes
  }

  /// What a stopped run of the same recipe and weights has secured; nil if there is none, or only what belongs to a
  /// directory that has got its name, which is dropped.
  func resumed(_ source: ModelFile, _ samples: [CalibrationSample], _ folder: inout WorkFolder) throws -> Resumed? {
    guard folder.isResumed else { return nil }
    guard let (point, digests) = try ResumePoint.read(from: folder) else {
      try folder.restart()
      return nil
    }
    try source.require(point.sources, found: sources)
    if let part = recipe.firstDifference(from: point.recipe) {
      throw ModelFilesError.otherRecipe(path: folder.destination, part: part)
    }
    func streams(_ kind: String) -> [Tensor] {
      let named = Dictionary(uniqueKeysWithValues: point.tensors.map { ($0.name, $0.tensor) })
      var index = 0
      var tensors: [Tensor] = []
      while let tensor = named["\(kind).\(index)"] {
        tensors.append(tensor)
        index += 1
      }
      return tensors
    }
    let state = StreamState(original: streams("original"), quantized: streams("quantized"))
    guard let notes = RunNotes(point.notes), point.layerCount <= source.config.text.layerCount,
      state.fits(samples)
    else { throw StorageError.altered(path: folder.statePath) }
    return Resumed(layerCount: point.layerCount, shardDigests: digests, state: state, notes: notes)
  }

  /// Secures the work if it is time.
  mutating func secure(
    _ writer: borrowing AWQCheckpointWriter, layerCount: Int, state: StreamState, notes: RunNotes
  ) throws {
    let now = clock.elapsed
    guard now - last >= interval else { return }
    func named(_ kind: String, _ tensors: [Tensor]) -> [(name: String, tensor: Tensor)] {
      tensors.enumerated().map { ("\(kind).\($0)", $1) }
    }
    try writer.secure(
      ResumePoint(
        recipe: recipe, sources: sources, layerCount: layerCount, notes: notes.json,
        tensors: named("original", state.original) + named("quantized", state.quantized)))
    last = now
  }
}

extension StreamState {
  /// Whether these can be the streams of `samples`.
  fileprivate func fits(_ samples: [CalibrationSample]) -> Bool {
    let shapes = samples.map(\.embeddings.shape)
    return original.map(\.shape) == shapes && (quantized.isEmpty || quantized.map(\.shape) == shapes)
  }
}
