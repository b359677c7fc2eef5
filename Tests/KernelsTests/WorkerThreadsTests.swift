// Many callers of loops at once, as the threads of a program that uses the library have them.
import Foundation
import Kernels
import Synchronization
import Testing

@Suite struct WorkerThreadsTests {
  @Test func `loops of several callers at once each run every piece once, whoever helps whom`() {
    let callers = 6, rounds = 200, pieces = 37
    let wrong = Atomic<Int>(0)
    let group = DispatchGroup()
    for caller in 0..<callers {
      let thread = Thread {
        for round in 0..<rounds {
          let sum = Parallel.map(pieces) { caller &* round &+ $0 }.reduce(0, &+)
          let expected = (0..<pieces).reduce(0) { $0 &+ caller &* round &+ $1 }
          if sum != expected { wrong.wrappingAdd(1, ordering: .relaxed) }
        }
        group.leave()
      }
      group.enter()
      thread.start()
    }
    group.wait()
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test func `a loop is over when it returns, so that what it borrows may go`() {
    for round in 0..<500 {
      var values = [Float](repeating: 0, count: 64)
      Parallel.forEachChunk(of: &values, chunkCount: 1) { index, chunk in chunk[0] = Float(index + round) }
      #expect(values == (0..<64).map { Float($0 + round) })
    }
  }

  @Test(arguments: [0, 100, 20_000] as [UInt32])
  func `a thread comes to help whether it is still looking for work or asleep`(microseconds: UInt32) {
    guard Parallel.threadCount > 1 else { return }
    for _ in 0..<20 {
      usleep(microseconds)
      let present = Atomic<Int>(0), met = Atomic<Int>(0)
      Parallel.forEach(2) { _ in
        present.wrappingAdd(1, ordering: .relaxed)
        // Loops of other tests may keep the threads for a while.
        let deadline = Date(timeIntervalSinceNow: 60)
        while present.load(ordering: .relaxed) < 2, Date() < deadline { usleep(20) }
        if present.load(ordering: .relaxed) == 2 { met.wrappingAdd(1, ordering: .relaxed) }
      }
      #expect(met.load(ordering: .relaxed) == 2, "a worker was alone")
    }
  }

  @Test func `threads that can be had are no shortage`() {
    #expect(Parallel.startWorkers() == nil)
  }
}
