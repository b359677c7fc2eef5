// What tiles became in vision towers, kept while it may be used again.
internal import Storage
internal import Tensors

/// Tokens of tiles, by the SHA-256 of their pixels, of each of several towers.
struct TileTokens {
  private var towers: [[SHA256Digest: Tensor]]
  /// Tiles that nobody waits for, the one that has been idle longest first.
  private var idle: [SHA256Digest] = []
  private var idleByteCount = 0
  private let keptByteCount: Int

  /// - Parameter keptByteCount: Bytes of tokens that are kept though nobody waits for them.
  init(towerCount: Int, keptByteCount: Int) {
    towers = Array(repeating: [:], count: towerCount)
    self.keptByteCount = keptByteCount
  }

  /// `[tokens, hidden]` of a tile that has been through a tower; nil if it has not.
  subscript(tower: Int, tile: SHA256Digest) -> Tensor? {
    get { towers[tower][tile] }
    set { towers[tower][tile] = newValue }
  }

  /// Keeps those of `tiles` that are there until they retire.
  mutating func claim(_ tiles: some Collection<SHA256Digest>) {
    let claimed = Set(tiles)
    for tile in idle where claimed.contains(tile) { idleByteCount -= byteCount(tile) }
    idle.removeAll(where: claimed.contains)
  }

  /// Nobody waits for `tile` any more.
  mutating func retire(_ tile: SHA256Digest) {
    guard !idle.contains(tile), byteCount(tile) > 0 else { return }
    idle.append(tile)
    idleByteCount += byteCount(tile)
    while idleByteCount > keptByteCount {
      let oldest = idle.removeFirst()
      idleByteCount -= byteCount(oldest)
      for tower in towers.indices { towers[tower][oldest] = nil }
    }
  }

  private func byteCount(_ tile: SHA256Digest) -> Int {
    towers.reduce(0) { $0 + ($1[tile]?.values.count ?? 0) * MemoryLayout<Float>.size }
  }
}
