// What the kernel's files say of memory, read from copies of them.
import TestSupport
import Testing
import Workflows

@Suite struct AvailableMemoryTests {
  private let root: TemporaryDirectory
  init() throws { root = try TemporaryDirectory() }

  private func available(_ files: [String: String]) throws -> Int? {
    for (name, text) in files { try root.write(text, to: name) }
    return AvailableMemory(root: root.path + "/").byteCount
  }

  private let machine = [
    "proc/meminfo": "MemTotal:       24576000 kB\nMemFree:        11000000 kB\nMemAvailable:   20000000 kB\n"
  ]

  @Test func `without groups it is what the machine has available`() throws {
    #expect(try available([:]) == nil)
    #expect(try available(machine) == 20_000_000 << 10)
    #expect(try available(["proc/self/cgroup": "0::/\nnonsense\n1:cpu:/\n"]) == 20_000_000 << 10)
  }

  @Test func `a group further out may leave less than the process's own`() throws {
    let files = [
      "proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/job/memory.max": "max\n",
      "sys/fs/cgroup/user/job/memory.current": "1000\n", "sys/fs/cgroup/user/memory.max": "8000000000\n",
      "sys/fs/cgroup/user/memory.current": "5000000000\n",
      "sys/fs/cgroup/user/memory.stat": "anon 3000000000\nfile 2000000000\ninactive_file 1500000000\n",
    ]
    // Pages of files that nobody uses count as free.
    #expect(try available(machine.merging(files) { $1 }) == 8_000_000_000 - 3_500_000_000)
  }

  @Test func `in a container the group is at the root, whatever the host calls it`() throws {
    let files = [
      "proc/self/cgroup": "0::/docker/0123/child\n", "sys/fs/cgroup/memory.max": "2000000000\n",
      "sys/fs/cgroup/memory.current": "2500000000\n", "sys/fs/cgroup/memory.stat": "inactive_file 0\n",
    ]
    #expect(try available(machine.merging(files) { $1 }) == 0)
  }

  @Test func `groups of the first version are read, too`() throws {
    let files = [
      "proc/self/cgroup": "5:cpu,memory:/a\n4:pids:/\n0::/\n",
      "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "3000000000\n",
      "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "1000000000\n",
      "sys/fs/cgroup/memory/a/memory.stat": "inactive_file 7\ntotal_inactive_file 200000000\n",
      // No limit is written as the largest number of whole pages.
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000000\n",
    ]
    #expect(try available(machine.merging(files) { $1 }) == 2_200_000_000)
  }

  @Test func `a run takes four fifths of what there is unless it is told otherwise`() throws {
    for (name, text) in machine { try root.write(text, to: name) }
    try root.write("Name:\tx\nRssAnon:\t   5000000 kB\n", to: "proc/self/status")
    let memory = AvailableMemory(root: root.path + "/")
    #expect(memory.ownByteCount == 5_000_000 << 10)
    #expect(MemoryLimit(nil, of: memory).byteCount == 20_000_000 << 10)
    #expect(!MemoryLimit(nil, of: memory).isGiven)
    #expect(MemoryLimit(7, of: memory).byteCount == 7 && MemoryLimit(7, of: memory).isGiven)
    #expect(MemoryLimit(nil, of: AvailableMemory(root: root.path + "/nothing/")).byteCount == .max)
  }
}
