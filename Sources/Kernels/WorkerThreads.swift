// The threads behind parallel loops: made once, soon asleep between loops, never ended.
//
// Dispatch's `concurrentPerform` waits for ever if the system lets it start no thread. Here a loop never depends on a
// thread: its caller works on it, too, and ends it alone if nobody else can.
internal import CKernels
import Glibc
import Synchronization

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
/// Several callers may be at work at once: a thread helps the loop that has waited longest for one. Whoever waits looks
/// for a while before it sleeps: a token of a small model is hundreds of loops of some microseconds each, and the system
/// takes longer than that to wake a thread.
@safe final class WorkerThreads: @unchecked Sendable {
  /// Those of the process.
  static let shared = WorkerThreads()

  /// Enough for every kernel, whose buffers lie in arrays.
  private static let stackByteCount = 2 << 20
  /// How often a thread looks before it sleeps: some ten microseconds.
  private static let looks = 1000

  /// What a caller does, and what the threads that help it do.
  typealias Work = @Sendable () -> Void

  /// A loop under way.
  @safe private final class Loop {
    /// Outlives the loop.
    let work: UnsafePointer<Work>
    /// Threads that may still join; belongs to whoever holds the lock.
    var openPlaces: Int
    /// Threads that have joined and not left. None joins without the lock.
    let helperCount = Atomic<Int>(0)

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
  // What is looked at without it:
  /// Open places of all loops that nobody has claimed.
  private let places = Atomic<Int>(0)
  /// Threads that look for one.
  private let lookingCount = Atomic<Int>(0)

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
    places.wrappingAdd(loop.openPlaces, ordering: .relaxed)
    let asleep = loop.openPlaces - lookingCount.load(ordering: .relaxed)
    if asleep > 1 {
      unsafe pthread_cond_broadcast(loopBegan)
    } else if asleep == 1 {
      unsafe pthread_cond_signal(loopBegan)
    }
    unsafe pthread_mutex_unlock(lock)
  }

  /// Lets nobody join any more, and waits for those who have.
  private func end(_ loop: Loop) {
    unsafe pthread_mutex_lock(lock)
    places.wrappingSubtract(loop.openPlaces, ordering: .relaxed)
    close(loop)
    unsafe pthread_mutex_unlock(lock)
    func isOver() -> Bool { loop.helperCount.load(ordering: .acquiring) == 0 }
    guard !Self.look(for: isOver) else { return }
    unsafe pthread_mutex_lock(lock)
    while !isOver() { unsafe pthread_cond_wait(helperLeft, lock) }
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
      if let loop = loops.first { help(loop) } else { waitForLoop() }
    }
  }

  /// Joins a loop and leaves it. Called with the lock, which is free meanwhile.
  private func help(_ loop: Loop) {
    loop.helperCount.wrappingAdd(1, ordering: .relaxed)
    loop.openPlaces -= 1
    places.wrappingSubtract(1, ordering: .relaxed)
    if loop.openPlaces == 0 { close(loop) }
    unsafe pthread_mutex_unlock(lock)
    unsafe Self.call(loop.work)
    let isLast = loop.helperCount.wrappingSubtract(1, ordering: .releasing).newValue == 0
    unsafe pthread_mutex_lock(lock)
    // A caller that is about to sleep holds the lock until it does.
    if isLast { unsafe pthread_cond_broadcast(helperLeft) }
  }

  /// Returns when there may be a loop to help. Called with the lock, which is free meanwhile.
  private func waitForLoop() {
    lookingCount.wrappingAdd(1, ordering: .relaxed)
    unsafe pthread_mutex_unlock(lock)
    // Only who has claimed a place takes the lock: there may be many more threads than places.
    let hasClaimed = Self.look(for: claimPlace)
    lookingCount.wrappingSubtract(1, ordering: .relaxed)
    unsafe pthread_mutex_lock(lock)
    if hasClaimed {
      places.wrappingAdd(1, ordering: .relaxed)
    } else if loops.isEmpty {
      unsafe pthread_cond_wait(loopBegan, lock)
    }
  }

  private func claimPlace() -> Bool {
    let open = places.load(ordering: .relaxed)
    return open > 0 && places.compareExchange(expected: open, desired: open - 1, ordering: .relaxed).exchanged
  }

  /// Whether `condition` was met within a while.
  private static func look(for condition: () -> Bool) -> Bool {
    for _ in 0..<looks {
      if condition() { return true }
      ck_pause()
    }
    return false
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
