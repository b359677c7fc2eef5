// Loops over independent pieces of work. Its threads are those of `WorkerThreads`.
//
// Results never depend on the thread count: what a piece computes is fixed by its index, each piece is computed by
// one worker, and workers only race for who takes the next index.
import Glibc
import Synchronization

/// Parallel loops, all with at most `threadCount` workers. A loop inside a loop runs on its own worker alone.
public enum Parallel {
  private static let chosenThreadCount = Atomic<Int>(0)
  /// Asked for once: the system opens a file to tell, and every loop wants to know.
  private static let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  @TaskLocal private static var isWorker = false

  /// Workers of a loop, for the whole process. The default is the number of processors online when it is first asked for.
  public static var threadCount: Int {
    get {
      let chosen = chosenThreadCount.load(ordering: .relaxed)
      return chosen > 0 ? chosen : processorCount
    }
    set {
      precondition(newValue > 0, "a loop needs a worker")
      chosenThreadCount.store(newValue, ordering: .relaxed)
    }
  }

  /// Starts the threads of `threadCount` workers, so that a shortage shows before the work. Loops start those that they
  /// need themselves, and go on with fewer if there are none to be had.
  /// - Returns: The shortage, or nil if there is none.
  public static func startWorkers() -> WorkerShortage? {
    let wanted = threadCount
    let (helpers, failure) = WorkerThreads.shared.start(wanted - 1)
    guard failure != 0 else { return nil }
    return WorkerShortage(available: helpers + 1, wanted: wanted, reason: unsafe String(cString: strerror(failure)))
  }

  /// Calls `body` once for each index in `0..<count`, in any order.
  public static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    forEach(count, scratchCount: 0) { index, _ in body(index) }
  }

  /// Calls `body` once for each index in `0..<count`, with `scratchCount` floats that its worker reuses. The scratch
  /// holds anything at the start of a call.
  public static func forEach(
    _ count: Int, scratchCount: Int, _ body: @Sendable (Int, inout MutableSpan<Float>) -> Void
  ) {
    let next = Atomic<Int>(0)
    @Sendable func work() {
      var scratch = [Float](repeating: 0, count: scratchCount)
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        var span = scratch.mutableSpan
        body(index, &span)
      }
    }
    let workers = isWorker ? 1 : min(threadCount, count)
    guard workers > 1 else { return work() }
    WorkerThreads.shared.run(helperCount: workers - 1) { $isWorker.withValue(true) { work() } }
  }

  /// The results of `body` for each index in `0..<count`, in order of the indices.
  public static func map<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
    unsafe [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Each index is written by one worker, before `forEach` returns.
      nonisolated(unsafe) let slots = unsafe buffer
      forEach(count) { index in unsafe slots.initializeElement(at: index, to: body(index)) }
      initialized = count
    }
  }

  /// The results of `body`, which has loops of its own: one worker for each piece if there are pieces enough to keep all
  /// workers busy, otherwise one piece after another with all workers inside.
  public static func mapPieces<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
    count >= threadCount ? map(count, body) : (0..<count).map(body)
  }

  /// An array of `count` elements that `fill` writes, chunk by chunk: where to, the first one's index, and how many.
  static func array<Element: BitwiseCopyable & Sendable>(
    count: Int, chunkCount: Int, _ fill: @Sendable (UnsafeMutablePointer<Element>, _ first: Int, _ count: Int) -> Void
  ) -> [Element] {
    unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress {
        // Each chunk is written by one worker.
        nonisolated(unsafe) let base = unsafe base
        forEach((count + chunkCount - 1) / chunkCount) { chunk in
          let first = chunk * chunkCount
          unsafe fill(base + first, first, min(chunkCount, count - first))
        }
      }
      initialized = count
    }
  }

  /// Calls `body` for each run of `chunkCount` elements of `values` (the last may be shorter) with the index of the
  /// run. The runs are disjoint, so each may be written.
  public static func forEachChunk<Element: BitwiseCopyable & Sendable>(
    of values: inout [Element], chunkCount: Int, _ body: @Sendable (Int, inout MutableSpan<Element>) -> Void
  ) {
    guard !values.isEmpty else { return }
    let count = values.count
    unsafe values.withUnsafeMutableBufferPointer { buffer in
      // Each chunk is lent to one worker, before `forEach` returns.
      nonisolated(unsafe) let whole = unsafe buffer
      forEach((count + chunkCount - 1) / chunkCount) { index in
        let range = index * chunkCount..<min(count, (index + 1) * chunkCount)
        var span = unsafe MutableSpan(_unsafeElements: unsafe UnsafeMutableBufferPointer(rebasing: whole[range]))
        body(index, &span)
      }
    }
  }
}
