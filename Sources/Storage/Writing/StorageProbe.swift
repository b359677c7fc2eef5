// How fast this machine's disk is, and hashing.
internal import CLinux
internal import Glibc

/// Bytes in a second.
public enum StorageProbe {
  private static let byteCount = 64 << 20
  private static let piece = 4 << 20

  /// Of writing beside the output `path`, down to the disk; nil where no file without a name can be made, for a probe
  /// must leave nothing behind.
  public static func writing(beside path: String) -> Double? {
    let number = unsafe open_nameless(OutputPath(path).parent)
    guard number >= 0 else { return nil }
    defer { close(number) }
    let bytes = (0..<piece).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 3) }
    let start = now
    for _ in 0..<byteCount / piece {
      guard unsafe write(number, bytes, piece) == piece else { return nil }
    }
    guard fsync(number) == 0 else { return nil }
    return Double(byteCount) / (now - start)
  }

  /// Of hashing on one processor.
  public static func hashing() -> Double {
    let bytes = [UInt8](repeating: 0xA5, count: piece)
    let start = now, rounds = 4
    for _ in 0..<rounds { _ = SHA256Hasher.hash(bytes) }
    return Double(rounds * piece) / (now - start)
  }

  /// Of reading `file` from the disk, somewhere in its middle, whether or not it has been read lately.
  public static func reading(_ file: MappedFile) -> Double? {
    let count = min(byteCount, file.byteCount)
    guard count >= piece else { return nil }
    let number = unsafe open(file.path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    defer { close(number) }
    let first = (file.byteCount - count) / 2
    posix_fadvise(number, first, count, POSIX_FADV_DONTNEED)
    var bytes = [UInt8](repeating: 0, count: piece), done = 0
    let start = now
    while done < count {
      let read = unsafe pread(number, &bytes, piece, first + done)
      guard read > 0 else { return nil }
      done += read
    }
    return Double(count) / (now - start)
  }

  private static var now: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
