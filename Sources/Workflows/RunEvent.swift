// What a job tells while it works. Whoever asked for the job decides what becomes of it: nothing is printed here.
public import LayerSearch
public import ModelFiles

/// Something that happened during a job.
public enum RunEvent: Sendable {
  /// So many of so many steps of a stage are done.
  case progress(Stage, done: Int, total: Int)
  /// What lies beside a model's weights: files that go along, and what is no part of what is made of it.
  case carried(model: String, CarriedFiles)
  /// How long the stages of the job will take, as far as that can be told before.
  case planned(RunPlan)
  /// How much memory the job will take, and the limit that it keeps.
  case memory(MemoryPlan, MemoryLimit)
  /// The same of a job that quantizes nothing.
  case memoryUse(MemoryUse)
  /// A stopped run is gone on with.
  case resumed(layerCount: Int, of: Int)
  /// So many tokens of answers have been generated, of those that have not ended too.
  case tokens(Int)
  /// So many answers of a model to a benchmark were there already.
  case answersFound(Int, of: Int, benchmark: String)
  /// A decoder layer is quantized.
  case quantized(LayerOutcome)
  /// Linears outside the decoder's layers are quantized.
  case quantizedOutside(OutsideOutcome)
  /// The result is not all that it may be taken for; one line.
  case warning(String)
}

/// Called with each event, on the thread that the job runs on. What it throws ends the job, which leaves nothing behind
/// but what it can go on with.
public typealias RunObserver = (RunEvent) throws -> Void
