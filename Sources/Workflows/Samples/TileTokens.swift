// What tiles became in vision towers, kept while it may be used again.
internal import Storage
internal import Tensors

/// Tokens of tiles, by the SHA-256 of what a tower reads of them, of each of several towers; shared by all that embed.
final class TileTokens {
  private struct Key: Hashable {
    let tower: Int
    let tile: SHA256Digest
  }

  private let towerCount: Int
  private var tokens: [Key: Tensor] = [:]
  /// Tokens that nobody waits for, those that have been idle longest first.
  private var idle: [Key] = []
  private var idleByteCount = 0
  /// Bytes of tokens that are kept though nobody waits for them, the latest ones.
  var keptByteCount: Int
  private var pinned: Set<Key> = []
  /// Bytes of tokens that may still be pinned.
  private var pinRoom: Int

  /// - Parameters:
  ///   - keptByteCount: As below.
  ///   - pinnedByteCount: Bytes of tokens that stay for good, the first ones: whoever shows all tiles once more, in the
  ///     same order, would find none of the latest where these are not all.
  init(towerCount: Int, keptByteCount: Int, pinnedByteCount: Int = 0) {
    self.towerCount = towerCount
    self.keptByteCount = keptByteCount
    pinRoom = pinnedByteCount
  }

  /// `[tokens, hidden]` of a tile that has been through a tower; nil if it has not.
  subscript(tower: Int, tile: SHA256Digest) -> Tensor? {
    get { tokens[Key(tower: tower, tile: tile)] }
    set { tokens[Key(tower: tower, tile: tile)] = newValue }
  }

  /// Keeps those of `tiles` that are there until they retire.
  func claim(_ tiles: some Collection<SHA256Digest>) {
    let claimed = Set(tiles)
    for key in idle where claimed.contains(key.tile) { idleByteCount -= byteCount(key) }
    idle.removeAll { claimed.contains($0.tile) }
  }

  /// Nobody waits for `tile` any more.
  func retire(_ tile: SHA256Digest) {
    for key in (0..<towerCount).map({ Key(tower: $0, tile: tile) }) {
      let size = byteCount(key)
      guard size > 0, !pinned.contains(key), !idle.contains(key) else { continue }
      if size <= pinRoom {
        pinRoom -= size
        pinned.insert(key)
      } else {
        idle.append(key)
        idleByteCount += size
      }
    }
    while idleByteCount > keptByteCount {
      let oldest = idle.removeFirst()
      idleByteCount -= byteCount(oldest)
      tokens[oldest] = nil
    }
  }

  private func byteCount(_ key: Key) -> Int { (tokens[key]?.values.count ?? 0) * MemoryLayout<Float>.size }
}
