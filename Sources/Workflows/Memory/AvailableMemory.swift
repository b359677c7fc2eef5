// How much memory there is for this process: what the machine has free, or what the groups of processes that it belongs
// to (cgroups) still may take, which is what containers are limited by.
internal import Glibc

/// Reads what the kernel tells of memory.
package struct AvailableMemory {
  /// So much of a file is read.
  private static let byteLimit = 1 << 16

  /// The root of the file system, with a slash at the end; another one in tests.
  private let root: String

  package init(root: String = "/") { self.root = root }

  /// Bytes that may be taken without anything being swapped out; nil if the system does not tell.
  package var byteCount: Int? { ([machine] + groups).compactMap(\.self).min() }

  /// Bytes of this process that no file holds.
  package var ownByteCount: Int { field("RssAnon:", of: "proc/self/status").map { $0 << 10 } ?? 0 }

  /// Bytes of this process in memory.
  fileprivate var residentByteCount: Int? { field("VmRSS:", of: "proc/self/status").map { $0 << 10 } }

  private var machine: Int? { field("MemAvailable:", of: "proc/meminfo").map { $0 << 10 } }

  /// What each group leaves, from the process's own to the outermost that can be seen.
  private var groups: [Int?] {
    lines("proc/self/cgroup").flatMap { line -> [Int?] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { return [] }
      if parts[1].isEmpty { return ancestors(parts[2]).map { unified("sys/fs/cgroup" + $0) } }
      guard parts[1].split(separator: ",").contains("memory") else { return [] }
      return ancestors(parts[2]).map { legacy("sys/fs/cgroup/memory" + $0) }
    }
  }

  /// `/a/b/`, `/a/`, `/`. In a container the path may be the host's, of which only the last can be seen.
  private func ancestors(_ path: String) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { "/" + names.prefix($0).map { $0 + "/" }.joined() }
  }

  private func unified(_ folder: String) -> Int? {
    left(
      limit: number(folder + "memory.max"), used: number(folder + "memory.current"),
      reclaimable: field("inactive_file", of: folder + "memory.stat"))
  }

  private func legacy(_ folder: String) -> Int? {
    left(
      limit: number(folder + "memory.limit_in_bytes"), used: number(folder + "memory.usage_in_bytes"),
      reclaimable: field("total_inactive_file", of: folder + "memory.stat"))
  }

  /// Pages of files that nobody uses make way.
  private func left(limit: Int?, used: Int?, reclaimable: Int?) -> Int? {
    guard let limit, let used else { return nil }
    return max(0, limit - max(0, used - (reclaimable ?? 0)))
  }

  /// The number in a file; nil if there is none, as for `max`.
  private func number(_ path: String) -> Int? { lines(path).first.flatMap { Int($0) } }

  /// The number behind `name` at the start of a line.
  private func field(_ name: String, of path: String) -> Int? {
    for line in lines(path) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      if words.count > 1, words[0] == name { return Int(words[1]) }
    }
    return nil
  }

  private func lines(_ path: String) -> [Substring] {
    // Such files have no size that could be asked for.
    guard let file = unsafe fopen(root + path, "re") else { return [] }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Self.byteLimit)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
  }
}

/// What this process takes.
public enum ProcessMemory {
  /// Bytes in memory, pages of files among them; nil if the system does not tell.
  public static var residentByteCount: Int? {
    AvailableMemory().residentByteCount
  }
}
