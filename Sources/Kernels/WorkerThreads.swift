// The threads behind parallel loops: made once, asleep between loops, never ended.
//
// Dispatch's `concurrentPerform` waits for ever if the system lets it start no thread. Here a loop never depends on a
// thread: its caller works on it, too, and ends it alone if nobody else can.
import Glibc

/// Why there are fewer workers than wished for.
public struct WorkerShortage: Sendable, Equatable {
  /// Workers of a loop, the caller among them.
  public let available: Int
  /// Workers that were asked for.
  public let wanted: Int
  /// What the system says.
  public let reason: String
}

/// Threads that help the callers of loops.
///
/// Several callers may be at work at once: a thread helps the loop that has waited longest for one.
@safe final class WorkerThreads: @unchecked Sendable {
  /// Those of the process.
  static let shared = WorkerThreads()

  /// Enough for every kernel, whose buffers lie in arrays.
  private static let stackByteCount = 2 << 20

  /// What a caller does, and what the threads that help it do.
  typealias Work = @Sendable () -> Void

  /// A loop under way. Its members belong to whoever holds the lock, but `work`, which outlives the loop.
  @safe private final class Loop {
    let work: UnsafePointer<Work>
    /// Threads that may still join.
    var openPlaces: Int
    /// Threads that have joined and not left.
    var helperCount = 0

    init(_ work: UnsafePointer<Work>, places: Int) {
      unsafe self.work = work
      openPlaces = places
    }
  }

  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let loopBegan = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let helperLeft = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // Under the lock:
  private var loops: [Loop] = []
  private var threadCount = 0
  /// The error of the thread that could not be started; no other is tried then.
  private var failure: Int32 = 0

  private init() {
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(loopBegan, nil)
    unsafe pthread_cond_init(helperLeft, nil)
  }

  /// Starts threads until there are `count` of them.
  /// - Returns: How many there are, and the system's error number if there are fewer.
  @discardableResult
  func start(_ count: Int) -> (count: Int, failure: Int32) {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    while threadCount < count, failure == 0 {
      failure = startThread()
      if failure == 0 { threadCount += 1 }
    }
    return (min(threadCount, count), threadCount < count ? failure : 0)
  }

  /// Calls `work` on this thread and on up to `helperCount` others, and returns when all have returned.
  func run(helperCount: Int, _ work: Work) {
    start(helperCount)
    // A loop is over before `run` returns, and so are all uses of the closure.
    withoutActuallyEscaping(work) { work in
      unsafe withUnsafePointer(to: work) { work in
        let loop = unsafe Loop(work, places: helperCount)
        begin(loop)
        unsafe Self.call(work)
        end(loop)
      }
    }
  }

  private func begin(_ loop: Loop) {
    unsafe pthread_mutex_lock(lock)
    loops.append(loop)
    if loop.openPlaces == 1 { unsafe pthread_cond_signal(loopBegan) } else { unsafe pthread_cond_broadcast(loopBegan) }
    unsafe pthread_mutex_unlock(lock)
  }

  /// Lets nobody join any more, and waits for those who have.
  private func end(_ loop: Loop) {
    unsafe pthread_mutex_lock(lock)
    close(loop)
    while loop.helperCount > 0 { unsafe pthread_cond_wait(helperLeft, lock) }
    unsafe pthread_mutex_unlock(lock)
  }

  private func close(_ loop: Loop) {
    loop.openPlaces = 0
    loops.removeAll { $0 === loop }
  }

  /// What a thread does for ever.
  private func help() -> Never {
    unsafe pthread_mutex_lock(lock)
    while true {
      guard let loop = loops.first else {
        unsafe pthread_cond_wait(loopBegan, lock)
        continue
      }
      loop.helperCount += 1
      loop.openPlaces -= 1
      if loop.openPlaces == 0 { close(loop) }
      unsafe pthread_mutex_unlock(lock)
      unsafe Self.call(loop.work)
      unsafe pthread_mutex_lock(lock)
      loop.helperCount -= 1
      if loop.helperCount == 0 { unsafe pthread_cond_broadcast(helperLeft) }
    }
  }

  /// A function of its own, so that no reference to the closure is held after it has returned.
  @inline(never)
  private static func call(_ work: UnsafePointer<Work>) { unsafe work.pointee() }

  /// The error number; 0 if the thread runs.
  private func startThread() -> Int32 {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    unsafe pthread_attr_setstacksize(&attributes, Self.stackByteCount)
    var thread = pthread_t()
    return unsafe pthread_create(&thread, &attributes, { _ in WorkerThreads.shared.help() }, nil)
  }
}
