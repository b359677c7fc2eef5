// Secures a quantization's work now and then, and reads back what a stopped run has secured.
import AWQ
import ModelFiles
import Storage
import Tensors

/// The checkpoints of one run.
struct RunCheckpoints {
  let path: String
  let recipe: String
  let sources: [SourceDigest]
  /// Seconds between two of them, at least.
  let interval: Double
  private var last: Double

  init(path: String, recipe: String, sources: [SourceDigest], interval: Double, now: Double) {
    self.path = path
    self.recipe = recipe
    self.sources = sources
    self.interval = interval
    last = now
  }

  /// Where a stopped run goes on.
  struct Resumed {
    let layerCount: Int
    let dataDigest: SHA256Digest
    let state: StreamState
    let notes: RunNotes
  }

  /// What a stopped run of the same recipe and weights has secured; nil if it has not got so far.
  func resumed(_ source: ModelFile) throws -> Resumed? {
    guard let (checkpoint, digest) = try QuantizationCheckpoint.read(for: path) else { return nil }
    try source.require(checkpoint.sources, found: sources)
    guard checkpoint.recipe == recipe, let notes = RunNotes(checkpoint.notes) else {
      throw ModelFilesError.otherRecipe(path: path)
    }
    func streams(_ kind: String) -> [Tensor] {
      let named = Dictionary(uniqueKeysWithValues: checkpoint.tensors.map { ($0.name, $0.tensor) })
      var index = 0
      var tensors: [Tensor] = []
      while let tensor = named["\(kind).\(index)"] {
        tensors.append(tensor)
        index += 1
      }
      return tensors
    }
    return Resumed(
      layerCount: checkpoint.layerCount, dataDigest: digest,
      state: StreamState(original: streams("original"), quantized: streams("quantized")), notes: notes)
  }

  /// Secures the work if it is time.
  mutating func secure(
    _ writer: borrowing AWQCheckpointWriter, layerCount: Int, state: StreamState, notes: RunNotes, now: Double
  ) throws {
    guard now - last >= interval else { return }
    func named(_ kind: String, _ tensors: [Tensor]) -> [(name: String, tensor: Tensor)] {
      tensors.enumerated().map { ("\(kind).\($0)", $1) }
    }
    try writer.secure(
      QuantizationCheckpoint(
        recipe: recipe, sources: sources, layerCount: layerCount, notes: notes.json,
        tensors: named("original", state.original) + named("quantized", state.quantized)))
    last = now
  }
}
